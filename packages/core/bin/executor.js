#!/usr/bin/env node
// Stands in the repository, and not in lib, so that npm finds it when it links a workspace that is not built yet.
import '../lib/executor.js'

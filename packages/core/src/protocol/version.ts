/** Which language driver and executors speak, and which release this is. */

/** Raised whenever two releases cannot work together; both sides refuse another number. */
export const protocolVersion = 1

/** The version in package.json; a test keeps them equal. */
export const productVersion = '0.1.0'

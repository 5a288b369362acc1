/** Leaves what a class inherits to the page of the class that has it: FileDataset would repeat all of Dataset. */

import { Converter, ReflectionKind } from 'typedoc'

export function load(application) {
  application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const member of project.getReflectionsByKind(ReflectionKind.ClassMember))
      if (member.inheritedFrom) project.removeReflection(member)
  })
}

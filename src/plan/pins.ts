// A pin says which of all the images that a template can give is meant. Writing it down where the sandbox runs that very
// image already, or taking it out again, changes nothing, and must not cost a container.

import type { DesiredSandbox } from '../model/desired.js'
import type { LiveSandbox } from '../model/live.js'
import type { ContainerSpec, TemplateSpec } from '../model/spec.js'
import { isEqual } from './diff.js'
import { containerInUse } from './in-use.js'
import { newestRecord } from './live-spec.js'
import { templateImage } from './notes.js'

/**
 * The same, with the template and the yes to it as the container in use has them, where the two templates differ in pins
 * alone and the engine has under the wanted one the image that the container was made from. Whatever is made or approved
 * on that ground is the same image.
 */
export function withoutIdlePins(wanted: DesiredSandbox, live: LiveSandbox): DesiredSandbox {
  const current = containerInUse(live.containers)
  const { containerSpec, recordSpec, image } = wanted
  if (current === null || isEqual(containerSpec.template, current.spec.template)) return wanted
  if (!isEqual(withoutPins(containerSpec.template), withoutPins(current.spec.template))) return wanted
  if (live.images[image.reference] !== templateImage(current).id) return wanted
  const spec: ContainerSpec = { ...containerSpec, template: current.spec.template }
  const approved = newestRecord(live.records)?.spec.grants['template']
  if (approved === undefined || !('template' in recordSpec.grants)) return { ...wanted, containerSpec: spec }
  return {
    ...wanted,
    containerSpec: spec,
    grants: wanted.grants.map((grant) => (grant.key === 'template' ? { ...grant, value: approved } : grant)),
    recordSpec: { ...recordSpec, grants: { ...recordSpec.grants, template: approved } },
  }
}

/** A commit is no such pin: two commits are two contents, and which one was made is part of what was approved. */
function withoutPins(template: TemplateSpec): TemplateSpec {
  switch (template.kind) {
    case 'image': {
      const { digest: _, ...rest } = template
      return rest
    }
    case 'built-in':
    case 'folder':
    case 'git': {
      const { version: _, ...rest } = template
      return rest
    }
  }
}

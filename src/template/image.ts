// How an image comes to be: the builds and pulls in the order they must be there. Every tag names what it was built from,
// so one that exists needs no build, and another version of sbx or of a file has another.

import { basename } from 'node:path'
import { fail, type Position } from '../model/diagnostic.js'
import { digest, slug } from '../model/names.js'
import type { BuildContext, ContextFile, ImageSource, ImageStep } from '../model/template.js'
import { builtInFolder, builtInNames, builtInTemplate } from './built-in.js'
import { certificateFiles } from './certificates.js'
import { declaresArgument, parentNames, pinParents } from './dockerfile.js'
import { filesDigest, readTemplateFolder, type TemplateFolder } from './folder.js'
import { closeTo, isMovable } from './ref.js'

export type ImageOptions = {
  /** The host's extra certificate authorities, as PEM. */
  readonly certificates: string | null
  /** Of the agent, in place of the template's own. */
  readonly version?: string | undefined
}

/** A template that comes with sbx: its parents, then itself, each also under `:latest`. */
export function builtInImage(name: string, options: ImageOptions): ImageSource {
  const { certificates } = options
  const folder = readTemplateFolder(builtInFolder(name))
  // The descriptor is for sbx alone. Of it the build gets the version, so that it stands in one place.
  const { 'template.yaml': _, ...files } = folder.files
  const takesVersion = declaresArgument(folder.dockerfile, 'VERSION')
  const version = takesVersion ? (options.version ?? builtInTemplate(name).descriptor.version) : null
  const parents = parentImages(folder.dockerfile, options)
  const hasCertificates = Object.keys(files).some((path) => path.startsWith('ca-certificates/'))
  return addBuild(parents.steps, {
    repository: `localhost/sbx-${name}`,
    // The usual name stays with the usual version.
    hasAlias: !takesVersion || options.version === undefined,
    dockerfile: pinParents(folder.dockerfile, parents.tagOf),
    files: { ...files, ...(hasCertificates ? certificateFiles(certificates) : {}) },
    buildArgs: version === null ? {} : { VERSION: version },
  })
}

/** A folder with a Dockerfile: the templates of sbx that it stands on, then itself. */
export function folderImage(folder: TemplateFolder, options: ImageOptions, at?: Position): ImageSource {
  const parents = parentImages(folder.dockerfile, options, at)
  return addBuild(parents.steps, {
    repository: `localhost/sbx-template-${slug(basename(folder.path))}`,
    dockerfile: pinParents(folder.dockerfile, parents.tagOf),
    files: folder.files,
  })
}

/** An image that is there or can be pulled, as it is. */
export function namedImage(reference: string): ImageSource {
  return { reference, recipe: '', movable: isMovable(reference), steps: [{ do: 'pull-image', reference }] }
}

export type Build = {
  readonly repository: string
  /** Whether `:latest` is to name it as well. */
  readonly hasAlias?: boolean
  readonly dockerfile: string
  readonly files: Readonly<Record<string, ContextFile>>
  readonly buildArgs?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly lastLines?: BuildContext['lastLines']
}

/** The image of a build, after the steps that make what it stands on. */
export function addBuild(before: readonly ImageStep[], build: Build): ImageSource {
  const context: BuildContext = {
    files: { ...build.files, Dockerfile: { mode: 0o644, text: build.dockerfile } },
    dockerfile: 'Dockerfile',
    buildArgs: build.buildArgs ?? {},
    labels: build.labels ?? {},
    ...(build.lastLines === undefined ? {} : { lastLines: build.lastLines }),
  }
  const recipe = digest([filesDigest(context.files), context.buildArgs], 12)
  const tag = `${build.repository}:${recipe}`
  const aliases = build.hasAlias === true ? [`${build.repository}:latest`] : []
  return { reference: tag, recipe, movable: false, steps: [...before, { do: 'build-image', tag, aliases, context }] }
}

function parentImages(dockerfile: string, options: ImageOptions, at?: Position) {
  const known = builtInNames()
  const steps = new Map<string, ImageStep>()
  const tags = new Map<string, string>()
  for (const name of parentNames(dockerfile)) {
    if (!known.includes(name)) {
      const meant = closeTo(name, known)
      fail('template/unknown-parent', 'The Dockerfile stands on a template that is not there', {
        detail:
          `It names localhost/sbx-${name}. ${meant === null ? '' : `Did you mean localhost/sbx-${meant}? `}` +
          `Templates are ${known.join(', ')}.`,
        at,
      })
    }
    const image = builtInImage(name, options)
    tags.set(name, image.reference)
    for (const step of image.steps) steps.set(step.do === 'build-image' ? step.tag : step.reference, step)
  }
  return { steps: [...steps.values()], tagOf: (name: string) => tags.get(name) as string }
}

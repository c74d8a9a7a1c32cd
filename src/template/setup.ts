// The `setup` of a config as image layers: one a command, so that the engine's cache holds up to the first that changed.

import type { Position } from '../model/diagnostic.js'
import { labels, setupImageName, type Scope } from '../model/names.js'
import type { ImageSource } from '../model/template.js'
import { certificateFiles } from './certificates.js'
import { addBuild } from './image.js'

export type SetupRequest = {
  readonly setup: readonly string[]
  /** Where each command is written, for the one that fails. */
  readonly positions?: readonly (Position | undefined)[]
  /** The host's, as PEM, where the image does not have them yet. */
  readonly certificates: string | null
  readonly scope: Scope
  readonly sandboxId: string
}

/** The template's image with the commands run on it, as root. Without commands the image as it is. */
export function setupImage(
  image: ImageSource,
  { setup, positions, certificates, scope, sandboxId }: SetupRequest,
): ImageSource {
  if (setup.length === 0) return image
  const files = certificateFiles(certificates)
  const lines = [
    `FROM ${image.reference}`,
    'USER 0:0',
    // For the time of the build alone: apt asks nothing.
    'ARG DEBIAN_FRONTEND=noninteractive',
    ...(Object.keys(files).length === 0 ? [] : trustCertificates),
    // As JSON, so that the builder takes no `$`, `\` or line break of a command for its own.
    ...setup.map((command) => `RUN ${JSON.stringify(['/bin/sh', '-ec', command])}`),
  ]
  return addBuild(image.steps, {
    repository: setupImageName(scope, sandboxId),
    dockerfile: `${lines.join('\n')}\n`,
    files,
    labels: { [labels.sandbox]: sandboxId, [labels.scope]: scope },
    ...(positions === undefined ? {} : { lastLines: positions }),
  })
}

const trustCertificates = [
  'COPY ca-certificates/ /usr/local/share/ca-certificates/',
  'RUN if command -v update-ca-certificates >/dev/null; then update-ca-certificates; fi',
]

// `sbx template ls | build | check --json`.

import { keepsContract, type CheckedTemplate } from '../model/contract.js'
import type { JsonValue } from '../model/json.js'
import type { TemplateSpec } from '../model/spec.js'
import type { ImageSource } from '../model/template.js'
import { formatVersion } from './format-version.js'
import { templateName } from './list-json.js'

type Document = { readonly [key: string]: JsonValue }

export type ListedTemplate = {
  readonly name: string
  readonly agent: string
  readonly version: string | null
  readonly image: string
  readonly source: TemplateSpec['kind']
}

export function templatesJson(templates: readonly ListedTemplate[]): Document {
  return { format_version: formatVersion, templates }
}

export function builtImageJson(spec: TemplateSpec, { reference }: ImageSource): Document {
  return { format_version: formatVersion, template: templateName(spec), image: reference }
}

export function checkedJson({ template, image, agent, findings }: CheckedTemplate): Document {
  return { format_version: formatVersion, template, image, agent, passed: keepsContract(findings), findings }
}

// `sbx template ls` as a table, and `sbx template check` as a sentence for each point.

import { keepsContract, type CheckedTemplate, type Finding } from '../model/contract.js'
import { wrapText } from './characters.js'
import { painted, renderLines, type Line, type Part } from './line.js'
import { withTilde } from './quantities.js'
import type { Style } from './style.js'
import { tableLines } from './table.js'
import type { ListedTemplate } from './template-json.js'

/** Beyond a terminal nothing is cut, since a program may be reading. */
export function templatesText(
  templates: readonly ListedTemplate[],
  { style, home }: { readonly style: Style; readonly home: string },
): string[] {
  const heads = ['NAME', 'AGENT', 'VERSION', 'IMAGE', 'SOURCE'].map((head) => painted('faint', head))
  const rows = templates.map(({ name, agent, version, image, source }) => [
    withTilde(name, home),
    agent,
    version ?? '-',
    image,
    source,
  ])
  const table = { style: style.isTerminal ? style : { ...style, columns: 10_000 }, flexible: [0, 3] }
  return renderLines(tableLines([heads, ...rows], table), style)
}

export function checkedText({ template, image, findings }: CheckedTemplate, style: Style): string[] {
  const missing = findings.filter(({ status }) => status === 'missing').length
  const lines: Line[] = [
    [painted('strong', template), painted('faint', `  ${image}`)],
    ...findings.flatMap((finding) => findingLines(finding, style)),
    [],
    keepsContract(findings)
      ? ['It keeps the contract of a template.']
      : [`It does not keep the contract of a template: ${missing} of ${findings.length} points are missing.`],
  ]
  return renderLines(lines, style)
}

function findingLines({ status, sentence }: Finding, style: Style): Line[] {
  const width = style.isTerminal ? style.columns : 10_000
  const [first = '', ...more] = wrapText(sentence, width - 11)
  return [['  ', marks[status], ` ${first}`], ...more.map((line) => [`           ${line}`])]
}

const marks: Readonly<Record<Finding['status'], Part>> = {
  ok: painted('added', 'ok      '),
  missing: painted('removed', 'missing '),
  warning: painted('changed', 'note    '),
}

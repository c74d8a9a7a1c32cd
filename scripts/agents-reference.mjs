// docs/agents.md and the table of agents in the README: what the templates say, beside what a run of all agents showed.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const resultsFile = 'test/agents/results.json'
export const referenceFile = 'docs/agents.md'

/**
 * @typedef {{ version: string, result: 'passes' | 'fails', tested: string, imageMegabytes: number,
 *   ownMegabytes: number }} Result what a run showed of an agent; sizes in 10^6 bytes, `own` those beyond the tools
 * @typedef {Record<string, any> & { agent: string, result: Result }} Agent its template.yaml, and its result
 */

/** Every agent that a run has tried, by name. @param {string} root of the checkout @returns {Agent[]} */
export function readAgents(root) {
  const results = JSON.parse(readFileSync(join(root, resultsFile), 'utf8'))
  return readdirSync(join(root, 'templates'))
    .sort()
    .map((name) => join(root, 'templates', name, 'template.yaml'))
    .filter((file) => existsSync(file))
    .map((file) => parse(readFileSync(file, 'utf8')))
    .filter(({ agent, package: isInstalled }) => isInstalled !== undefined && results[agent] !== undefined)
    .map((template) => ({ ...template, result: results[template.agent] }))
}

/** @param {Agent[]} agents */
export function agentsTable(agents) {
  const rows = agents.map(({ agent, title, version, oneShot, keys = [], login, result }) => [
    `\`${agent}\``,
    `${title} ${version}`,
    code(['sbx', 'run', agent, '--', ...oneShot]),
    keys.map((key) => `\`${key}\``).join(', '),
    login === undefined ? '' : 'yes',
    verdict(result),
    `${result.imageMegabytes} (${result.ownMegabytes})`,
  ])
  return table(['agent', 'is', 'one prompt', 'keys', 'login', 'tested', 'image MB (its own)'], rows)
}

/** @param {Agent[]} agents */
export function agentsReference(agents) {
  return `# Agents

<!-- Made by \`npm run test:agents\` from the templates and what the run showed; edit the template.yaml of an agent. -->

Each was run by \`npm run test:agents\`, against a stand-in for its model: its template keeps the contract, and a prompt as
an argument makes it run its shell without a question and leave a file that belongs to the workspace's owner. Where
"terminal" stands, its first start in one came, with a key, to the prompt without a question, and it drew itself anew in a
larger one. Where "limited network" stands, it did its work through the proxy of one with its model's host listed, and
nothing of it arrived anywhere without.
Images are given in MB, and what of it is the agent's own; the rest is \`tools\`, which all share.

${agentsTable(agents)}
${agents.map(section).join('')}`
}

function section({ agent, title, package: installed, version, command, oneShot, autonomy, ...more }) {
  const { config, env = {}, keys = [], login, hosts = [], known = [] } = more
  const lines = [
    ['package', `\`${installed}@${version}\``],
    ['command', code(command)],
    ['full autonomy', words(autonomy?.full)],
    ['`autonomy: ask`', words(autonomy?.ask)],
    ['one prompt', code(oneShot)],
    ['keeps its settings in', config === undefined ? '' : `\`${config.folder}\``],
    ['variables', Object.entries(env).map(([name, value]) => `\`${name}=${value}\``)],
    ['keys', keys.map((key) => `\`${key}\``)],
    ['login', loginText(login)],
    ['`credentials: host`', login === undefined ? '' : (login.host.cannot ?? 'the access token, while it is good')],
    ['hosts', hosts.map((host) => `\`${host}\``)],
  ]
  const facts = lines
    .map(([label, value]) => [label, [value].flat().join(', ')])
    .filter(([, value]) => value !== '')
    .map(([label, value]) => `- ${label}: ${value}\n`)
  const problems = known.length === 0 ? '' : `\nKnown to go wrong:\n\n${known.map((text) => `- ${text}\n`).join('')}`
  return `\n## ${title}\n\n\`agent: ${agent}\`\n\n${facts.join('')}${problems}`
}

function loginText(login) {
  if (login === undefined) return ''
  const kinds = [...new Set(login.files.flatMap((file) => Object.keys(file.kinds)))].join(' or ')
  return `${kinds}, by ${login.command === undefined ? 'its first session' : code(login.command)}`
}

function words(autonomy) {
  if (autonomy === undefined) return ''
  if (Array.isArray(autonomy)) return autonomy.length === 0 ? '' : code(autonomy)
  const { args = [], after = {} } = autonomy
  return [
    ...(args.length === 0 ? [] : [code(args)]),
    ...Object.entries(after).map(([word, list]) => `behind \`${word}\` ${code(list)}`),
  ]
}

function verdict({ result, tested }) {
  return result === 'passes' ? tested : 'fails'
}

/** A prompt stands for itself, in quotes. */
function code(argv) {
  return `\`${argv.map((word) => (word === '{prompt}' ? '"..."' : word)).join(' ')}\``
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |\n`
  return [head, head.map(() => '---'), ...rows].map(line).join('')
}

const begin = '<!-- agents: made by `npm run test:agents` -->\n'
const end = '<!-- agents end -->\n'

/** The README with this table between its marks. @param {string} readme @param {string} text */
export function withTable(readme, text) {
  const from = readme.indexOf(begin)
  const to = readme.indexOf(end)
  if (from < 0 || to < from) throw new Error('the marks of the table are not in the README')
  return `${readme.slice(0, from + begin.length)}\n${text}\n${readme.slice(to)}`
}

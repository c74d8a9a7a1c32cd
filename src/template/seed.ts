// What an agent would ask in its first session is answered beforehand, by JSON merged into its own config files. Those
// files are the agent's: nothing in them is lost, and one that cannot be merged is left as it is.

import { randomUUID } from 'node:crypto'
import { filled, holds, variablesIn, type SessionFacts } from '../model/condition.js'
import type { Engine } from '../model/engine.js'
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.js'
import type { AgentDescriptor, Seed } from '../model/template.js'
import { runAsAgent } from './as-agent.js'

/** Of an existing file, in characters. A larger one is not what an agent writes at its first start. */
const largestFile = 4 * 1024 * 1024

/**
 * The files to write, with their whole text, by path in the config folder; none where everything is there already.
 * `existing` is what is in them now, null where there is no such file. Where both say something of one key, objects are
 * merged, lists united, and the seed decides anything else but a kind of value that it did not expect.
 */
export function seedFiles(
  descriptor: AgentDescriptor,
  existing: Readonly<Record<string, string | null>>,
  facts: SessionFacts,
): Readonly<Record<string, string>> {
  const written: Record<string, string> = {}
  for (const file of seedFileNames(descriptor)) {
    const text = existing[file] ?? null
    const before = objectOf(text)
    if (before === null) continue
    let after: JsonObject = before
    for (const seed of descriptor.seeds) {
      if (seed.file === file && applies(seed, facts))
        after = merged(after, filledValue(seed.merge, facts) as JsonObject)
    }
    if (after !== before) written[file] = `${JSON.stringify(after, null, 2)}\n`
  }
  return written
}

/** Every file that a seed is for, each once. */
export function seedFileNames(descriptor: AgentDescriptor): readonly string[] {
  return [...new Set(descriptor.seeds.map((seed) => seed.file))]
}

/** Null where nothing can be merged into the text. An absent and an empty file hold nothing yet. */
function objectOf(text: string | null): JsonObject | null {
  if (text === null || text.trim() === '') return {}
  if (text.length > largestFile) return null
  try {
    const value = JSON.parse(text) as JsonValue
    return isJsonObject(value) ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** One that asks for the value of a variable that is not set has nothing to say. */
function applies(seed: Seed, facts: SessionFacts): boolean {
  const needed = variablesIn(JSON.stringify(seed.merge))
  return holds(seed.when, facts) && needed.every((name) => (facts.env[name] ?? '') !== '')
}

function filledValue(value: JsonValue, facts: SessionFacts): JsonValue {
  if (typeof value === 'string') return filled(value, facts)
  if (Array.isArray(value)) return value.map((item: JsonValue) => filledValue(item, facts))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [filled(key, facts), filledValue(item, facts)]))
}

/** The very same object where the seed adds nothing. Keys are set as own ones, so that `__proto__` is a key like others. */
function merged(before: JsonObject, seed: JsonObject): JsonObject {
  const after = new Map(Object.entries(before))
  let isChanged = false
  for (const [key, wanted] of Object.entries(seed)) {
    const value = mergedValue(after.get(key), wanted)
    if (value === after.get(key)) continue
    after.set(key, value)
    isChanged = true
  }
  return isChanged ? Object.fromEntries(after) : before
}

function mergedValue(before: JsonValue | undefined, wanted: JsonValue): JsonValue {
  if (before === undefined || before === null) return wanted
  if (isJsonObject(wanted)) return isJsonObject(before) ? merged(before, wanted) : before
  if (isJsonObject(before)) return before
  if (Array.isArray(wanted)) return Array.isArray(before) ? united(before as readonly JsonValue[], wanted) : before
  return Array.isArray(before) ? before : wanted
}

function united(before: readonly JsonValue[], wanted: readonly JsonValue[]): readonly JsonValue[] {
  const there = new Set(before.map((item) => JSON.stringify(item)))
  const missing = wanted.filter((item) => !there.has(JSON.stringify(item)))
  return missing.length === 0 ? before : [...before, ...missing]
}

/** What the files hold now, in one call; as `agent`, so that a link planted in the config folder reads nothing more. */
export async function readSeedFiles(
  engine: Pick<Engine, 'run'>,
  containerId: string,
  descriptor: AgentDescriptor,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, string | null>>> {
  const files = seedFileNames(descriptor)
  if (descriptor.config === null || files.length === 0) return {}
  // A file cannot hold a line that was made up just now.
  const separator = randomUUID()
  const command = {
    argv: ['/bin/sh', '-c', readScript, 'sh', descriptor.config.folder, separator, String(largestFile + 1), ...files],
    doing: `read the agent's settings`,
  }
  const stdout = await runAsAgent({ engine, containerId, signal }, command, failure)
  const parts = stdout.split(`${separator}\n`).slice(1)
  return Object.fromEntries(
    files.map((file, at) => {
      const part = parts[at] ?? '-'
      return [file, part.startsWith('+') ? part.slice(1) : null]
    }),
  )
}

const readScript = `cd "$1" 2>/dev/null || exit 0
separator=$2 most=$3
shift 3
for file in "$@"; do
  printf '%s\\n' "$separator"
  if [ -f "$file" ] && [ -r "$file" ]; then printf +; head -c "$most" "$file"; else printf -- -; fi
done`

const failure = { code: 'template/seed-failed', summary: "The agent's settings could not be prepared" }

/** Writes them as `agent`, each in one move, or through the link where the file is one. */
export async function writeSeedFiles(
  engine: Pick<Engine, 'run'>,
  containerId: string,
  descriptor: AgentDescriptor,
  files: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<void> {
  if (descriptor.config === null) return
  for (const [file, text] of Object.entries(files)) {
    const path = `${descriptor.config.folder}/${file}`
    const command = {
      argv: ['/bin/sh', '-ec', writeScript, 'sh', path],
      input: text,
      doing: `write the agent's settings, ${path}`,
    }
    await runAsAgent({ engine, containerId, signal }, command, failure)
  }
}

const writeScript = `umask 077
mkdir -p "\${1%/*}"
if [ -L "$1" ]; then exec cat > "$1"; fi
cat > "$1.sbx-new"
mv -f "$1.sbx-new" "$1"`

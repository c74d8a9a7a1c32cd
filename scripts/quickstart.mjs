// `npm run quickstart`: from a bare machine to a sandbox that follows its file. Safe to run again; the tree is left as it
// was. Plain Node, because it runs before anything is installed.

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ensureBaseImage } from './base-image.mjs'
import { ensureEngine } from './engine.mjs'
import { edited, hasKey, helloAgent } from './hello.mjs'
import { buildAll, ensureInstalled } from './install.mjs'
import { holding } from './lock.mjs'
import { Refusal, runHere, runScript } from './progress.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const sbx = fileURLToPath(new URL('../dist/sbx.cjs', import.meta.url))
const example = fileURLToPath(new URL('../examples/hello/', import.meta.url))
const file = `${example}sandbox.yaml`

const agent = helloAgent(process.env)
const isClaude = hasKey(process.env)

await runScript(async () => {
  const [engine] = await Promise.all([prepareEngine(), ensureInstalled(root).then(() => buildAll(root))])
  const env = { ...process.env, DOCKER_HOST: engine.host }
  await holding(`quickstart:${root}`, () => show(env))
  sayHowToGoOn(engine)
  return 0
})

async function prepareEngine() {
  const engine = await ensureEngine()
  await ensureBaseImage(engine.host)
  return engine
}

async function show(env) {
  const { profile, yes, args } = agent
  const run = (words, expected = [0]) => showCommand(env, words, expected)

  tell(`examples/hello/sandbox.yaml declares a sandbox${isClaude ? ' (its profile "claude" runs Claude Code)' : ''}:`)
  console.log(readFileSync(file, 'utf8').replaceAll(/^/gm, '    ').trimEnd())

  tell('What would be made of it:')
  await run(['plan', ...profile])
  tell('Make it so:')
  await run(['apply', ...profile, ...yes])
  tell('Run something in it:')
  await run(['run', ...profile, '--', ...args])
  tell('Nothing changed, so there is nothing to do:')
  await run(['plan', ...profile, '--detailed-exitcode'])

  const committed = readFileSync(file, 'utf8')
  const putBack = () => writeFileSync(file, committed)
  process.once('exit', putBack)
  endOnSignals()
  try {
    tell(`Now an edit of the file (GREETING: good morning, ${agent.memory[1]}):`)
    writeFileSync(file, edited(committed, agent))
    await run(['plan', ...profile, '--detailed-exitcode'], [2])
    await run(['apply', ...profile, ...yes])
    await run(['exec', ...profile, '--', 'sh', '-c', 'echo "GREETING is now: $GREETING"'])
  } finally {
    putBack()
    process.removeListener('exit', putBack)
  }
  tell('The file is put back as it was, and the sandbox follows:')
  await run(['apply', ...profile, ...yes])
}

/** A signal ends the process by itself and without `exit`; this way the file is put back first. */
function endOnSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130))
}

async function showCommand(env, words, expected) {
  console.log(`\n$ sbx ${words.map(quoted).join(' ')}`)
  const exitCode = await runHere(process.execPath, [sbx, ...words], { cwd: example, env })
  if (!expected.includes(exitCode)) throw new Refusal(`sbx ${words[0]} ended with ${exitCode}.`)
}

function quoted(word) {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word}'`
}

function tell(text) {
  console.log(`\n== ${text}`)
}

function sayHowToGoOn({ host, started }) {
  tell('Go on')
  console.log(`    alias sbx='node ${sbx}'`)
  console.log('    cd examples/hello')
  console.log(
    `    sbx run${isClaude ? ' --profile claude     Claude Code in the sandbox' : '                  a shell in the sandbox'}`,
  )
  if (!isClaude) console.log('    sbx run claude           Claude Code in one of its own; it asks you to log in, once')
  console.log('    sbx rm --volumes hello   removes the sandbox and its home')
  if (started !== null) {
    console.log(`\nThe engine that was started for you keeps running at ${host} (log: ${started.log}).`)
    console.log(`Stop it with: kill ${started.pid}`)
  }
}

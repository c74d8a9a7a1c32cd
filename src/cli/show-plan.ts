import { homedir } from 'node:os'
import type { WriteStream } from 'node:tty'
import type { Engine } from '../model/engine.js'
import { configDigest } from '../model/names.js'
import type { SandboxPlan } from '../model/plan.js'
import { planText } from '../ui/plan-text.js'
import { planJson } from '../ui/plan-json.js'
import type { PlannedSandbox } from '../ui/plan-text/context.js'
import { streamStyle, type Style } from '../ui/style.js'
import { type Invocation, printJson } from './invocation.js'
import type { Planned } from './planning.js'
import { sbxVersion } from './version.js'

export type Shown = {
  readonly stream: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>
  /** The command that does the plan; null where it is being done already. */
  readonly next: string | null
  /** Keys of the grants that flags of this very call give. */
  readonly typed?: ReadonlySet<string>
}

export function isChange({ action }: SandboxPlan): boolean {
  return action !== 'reuse'
}

export function styleOf(invocation: Invocation, stream: Shown['stream']): Style {
  return streamStyle(stream, invocation.env, invocation.options.color)
}

/** As text on the given stream, or with `--json` as the document on standard output. */
export async function showPlan(invocation: Invocation, planned: Planned, engine: Engine, shown: Shown): Promise<void> {
  const sandbox = shownSandbox(planned)
  const context = {
    configFile: planned.desired.configFile,
    endpoint: engine.endpoint,
    now: new Date(),
    // A plan without changes names no engine, so it need not be asked for its name.
    engine: isChange(planned.plan) || invocation.options.json === true ? await engine.describe() : '',
  }
  if (invocation.options.json === true) {
    printJson(invocation, planJson([sandbox], { ...context, sbxVersion }))
    return
  }
  const lines = planText([sandbox], {
    ...context,
    style: styleOf(invocation, shown.stream),
    workingFolder: invocation.workingFolder,
    home: homedir(),
    next: shown.next,
    ...(shown.typed === undefined ? {} : { typed: shown.typed }),
  })
  shown.stream.write(lines.map((line) => `${line}\n`).join(''))
}

function shownSandbox({ plan, desired, risks, declared }: Planned): PlannedSandbox {
  return {
    plan,
    risks,
    agentVersion: declared.template.agent.version,
    configDigest: configDigest(desired.containerSpec, desired.recordSpec),
    origins: desired.origins,
  }
}

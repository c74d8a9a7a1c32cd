import { homedir } from 'node:os'
import type { Engine } from '../../model/engine.js'
import type { JsonObject } from '../../model/json.js'
import { configDigest } from '../../model/names.js'
import type { SandboxPlan } from '../../model/plan.js'
import { type Line, renderLines } from '../../ui/line.js'
import { planLines } from '../../ui/plan-text.js'
import { planJson } from '../../ui/plan-json.js'
import type { PlannedSandbox } from '../../ui/plan-text/context.js'
import { callLike } from '../call/call.js'
import { type Invocation, printJson } from '../call/invocation.js'
import type { Planned } from './planning.js'
import { type StyledStream, styleOf } from '../call/style.js'
import { sbxVersion } from '../call/version.js'

export type Shown = {
  readonly stream: StyledStream
  /** The command that does the plan; null where it is being done already. */
  readonly next: string | null
  /** Keys of the grants that flags of this very call give. */
  readonly typed?: ReadonlySet<string>
}

export function isChange({ action }: SandboxPlan): boolean {
  return action !== 'reuse'
}

/** As text on the given stream, or with `--json` as the document on standard output. */
export async function showPlan(invocation: Invocation, planned: Planned, engine: Engine, shown: Shown): Promise<void> {
  const isJson = invocation.options.json === true
  // A plan without changes names no engine, so it need not be asked for its name.
  const name = isChange(planned.plan) || isJson ? await engine.describe() : ''
  const views = viewsOf(invocation, planned, { name, endpoint: engine.endpoint }, shown)
  if (isJson) return printJson(invocation, views.document())
  const style = styleOf(invocation, shown.stream)
  shown.stream.write(
    renderLines(views.lines(), style)
      .map((line) => `${line}\n`)
      .join(''),
  )
}

/** One plan for a script and for a person. */
export function viewsOf(
  invocation: Invocation,
  planned: Planned,
  engine: { readonly name: string; readonly endpoint: string },
  shown: Shown,
): { document(): JsonObject; lines(): readonly Line[] } {
  const sandbox = shownSandbox(planned)
  const context = {
    configFile: planned.desired.configFile,
    endpoint: engine.endpoint,
    engine: engine.name,
    now: new Date(),
  }
  return {
    document: () => planJson([sandbox], { ...context, sbxVersion }),
    lines: () =>
      planLines([sandbox], {
        ...context,
        style: styleOf(invocation, shown.stream),
        workingFolder: invocation.workingFolder,
        home: homedir(),
        next: shown.next,
        command: (text) => callLike(invocation, text),
        ...(shown.typed === undefined ? {} : { typed: shown.typed }),
      }),
  }
}

export function shownSandbox({ plan, desired, risks, declared }: Planned): PlannedSandbox {
  return {
    plan,
    profile: desired.profile,
    risks,
    agentVersion: declared.template.agent.version,
    configDigest: configDigest(desired.containerSpec, desired.recordSpec),
    origins: desired.origins,
  }
}

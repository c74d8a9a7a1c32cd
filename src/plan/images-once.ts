import type { Engine, OnProgress, StepResult } from '../model/engine.js'
import type { Step } from '../model/plan.js'

/**
 * The same engine for plans that are done side by side: an image that several of them need is had once, and the others
 * wait for it. Where it cannot be had, it cannot for any.
 */
export function sharingImages(engine: Engine): Engine {
  const underWay = new Map<string, Promise<StepResult>>()
  const perform = (step: Step, onProgress?: OnProgress): Promise<StepResult> => {
    const image = step.do === 'pull-image' ? step.reference : step.do === 'build-image' ? step.tag : null
    if (image === null) return engine.perform(step, onProgress)
    const result = underWay.get(image) ?? engine.perform(step, onProgress)
    underWay.set(image, result)
    return result
  }
  return new Proxy(engine, {
    get(target, key) {
      if (key === 'perform') return perform
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

import type { Origin } from './config.js'
import type { HiddenNote } from './hidden.js'
import type { HiddenFiles } from './home.js'
import type { JsonPointer } from './json.js'

/** Something worth knowing that changes nothing. */
export type Note =
  | { readonly kind: 'tag-moved'; readonly reference: string; readonly from: string; readonly to: string }
  /** Of a git reference: `from` is the commit that it is pinned to, `to` the one that its tag or branch names now. */
  | { readonly kind: 'ref-moved'; readonly reference: string; readonly from: string; readonly to: string }
  /** `isHeld` where the sandbox stands on files that were kept, so that only an upgrade brings the newer one. */
  | {
      readonly kind: 'newer-recipe'
      readonly what: 'image' | 'entrypoint' | 'settings' | 'proxy'
      readonly isHeld?: true
    }
  /**
   * An apply that did not come to its end. `containers` are those that it left and that are not in use, and the one that is
   * where it was made and never started; none where it got no further than a record, or had no more than one to remove.
   * `at` is when the last of what it left was made, in seconds since 1970.
   */
  | { readonly kind: 'unfinished-apply'; readonly containers: readonly string[]; readonly at: number }
  /** Same workspace and profile under another name or, where `agent` is given, for that other agent: what an edit leaves. */
  | { readonly kind: 'renamed-from'; readonly id: string; readonly displayName: string; readonly agent?: string }
  | { readonly kind: 'orphan'; readonly id: string; readonly displayName: string; readonly workspace: string }
  /** The sandbox of this very folder, made when it had another path. */
  | { readonly kind: 'moved-from'; readonly id: string; readonly displayName: string; readonly workspace: string }
  /** Of this workspace, and of a profile that no file has any more. */
  | { readonly kind: 'profile-gone'; readonly id: string; readonly displayName: string; readonly profile: string }
  /** `sandboxes` run with the same login, which their agent renews so that what another has of it ends; ids. */
  | {
      readonly kind: 'shared-login'
      readonly agent: string
      readonly sandboxes: readonly string[]
      readonly instead: string | null
    }
  /**
   * An `sbx adopt` of the home of `id` that did not end: before anything was given up (`begun`), or when all was copied and
   * nothing but the removal of `id` was left.
   */
  | { readonly kind: 'unfinished-adoption'; readonly id: string; readonly state: 'begun' | 'copied' }
  /** Container ports that a container without an open network cannot publish. */
  | { readonly kind: 'unpublished-ports'; readonly ports: readonly string[] }
  | { readonly kind: 'no-sudo-here'; readonly why: 'gvisor' | 'root-owner' }
  /** The workspace is a work tree or a submodule, and the sandbox does not have its git folder; `why` is a sentence. */
  | { readonly kind: 'no-git-here'; readonly why: string }
  /** The sandbox stands on a snapshot of files that were kept: since when, ISO 8601. */
  | { readonly kind: 'carries-files'; readonly takenAt: string; readonly bytes?: number }
  /** So it did, and its new container will not: the template is another. `isCopied` where they go over all the same. */
  | {
      readonly kind: 'drops-carried-files'
      readonly takenAt: string
      readonly bytes?: number
      readonly isCopied: boolean
    }
  /**
   * The home volume was filled from another image than the container has or will have, by id; `to` is null where that is
   * not there yet. `hidden` is absent where nobody has looked into both. `isBrought` where this plan brings what nobody
   * changed.
   */
  | {
      readonly kind: 'older-home'
      readonly from: string
      readonly to: string | null
      readonly hidden?: HiddenFiles
      readonly isBrought: boolean
    }
  | HiddenNote
  /** Own folders, by path in the workspace, that this machine has something in, which the sandbox does not see. */
  | { readonly kind: 'own-covers'; readonly paths: readonly string[] }
  /** The sandbox runs with the socket of an ssh agent that has gone; the next start has the one that is there now. */
  | { readonly kind: 'ssh-agent-moved' }
  /** The last `sbx run` had these flags, as they would be typed, and what is planned has none. */
  | { readonly kind: 'flags-dropped'; readonly flags: readonly string[] }
  /** Commands that make the project ready and are left out this time. */
  | { readonly kind: 'prepare-skipped'; readonly runs: readonly string[] }
  | { readonly kind: 'missing-host-value'; readonly path: JsonPointer; readonly what: string; readonly source?: Origin }

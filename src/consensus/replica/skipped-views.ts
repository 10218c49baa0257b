import type { Context } from './context.ts'

/** Views between a parent's and `view` for which no nullification is held. Empty: the parent may be built on. */
export function viewsNotNullified(context: Context, parentView: number, view: number): readonly number[] {
  const missing: number[] = []
  for (let skipped = parentView + 1; skipped < view; skipped++) {
    if (context.views.find(skipped)?.nullification === undefined) missing.push(skipped)
  }
  return missing
}

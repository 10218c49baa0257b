/** A function that computes once for each value, told from another by identity. */
export interface Remembered<Value extends object, Given extends object> {
  (value: Value): Given
  /** Says what it would compute, where that is known already. */
  tell(value: Value, given: Given): void
}

/**
 * `compute` with what it gave remembered for each value: for digests and encodings of values that never change after they
 * were made. What is remembered goes with the value: nothing grows.
 */
export function remembered<Value extends object, Given extends object>(
  compute: (value: Value) => Given,
): Remembered<Value, Given> {
  const known = new WeakMap<Value, Given>()
  const given = (value: Value): Given => {
    const before = known.get(value)
    if (before !== undefined) return before
    const computed = compute(value)
    known.set(value, computed)
    return computed
  }
  return Object.assign(given, {
    tell: (value: Value, told: Given): void => {
      known.set(value, told)
    },
  })
}

// knip says nothing about how much it read, and nothing found in nothing is no result. It loads a reporter as a default
// export and hands it its counters: `total` is the number of files that it looked at, used or not.
export default ({ counters, write }) => {
  write(`knip looked at ${counters.total} files\n`)
}

import type { Mutant } from './mutant.ts'

const ADVERSARY = 'src/consensus/agreement-adversary.test.ts'
const AGREEMENT = 'src/consensus/agreement.test.ts'
const FRAMES = 'src/consensus/frame-intervals.test.ts'
const REGION = 'src/consensus/region.test.ts'
const POINT = 'src/consensus/point.test.ts'
const VERDICT = 'src/consensus/verdict.test.ts'
const STATE = 'src/consensus/state.test.ts'

/** Mistakes in what follows from a list of proposals. */
export const AGREEMENT_MUTANTS: readonly Mutant[] = [
  {
    name: 'f from how many intervals came',
    harm: 'a region of a part of the cluster tolerates fewer liars than it says',
    edits: [
      {
        file: 'src/consensus/region.ts',
        find: 'coveredSpan(intervals, intervals.length - f)',
        replace: 'coveredSpan(intervals, intervals.length - (intervals.length < 3 * f + 1 ? f - 1 : f))',
      },
    ],
    killers: [REGION, ADVERSARY],
  },
  {
    name: 'a region of fewer than q intervals',
    harm: 'f liars among them choose the time',
    edits: [{ file: 'src/consensus/region.ts', find: 'intervals.length < q ?', replace: 'intervals.length < 1 + f ?' }],
    killers: [REGION, ADVERSARY],
  },
  {
    name: 'one interval too few covers the region',
    harm: 'the region leaves the hull of the honest intervals',
    edits: [
      {
        file: 'src/consensus/region.ts',
        find: 'coveredSpan(intervals, intervals.length - f)',
        replace: 'coveredSpan(intervals, intervals.length - f - (f > 0 ? 1 : 0))',
      },
    ],
    killers: [REGION, ADVERSARY],
  },
  {
    name: 'touching intervals do not overlap',
    harm: 'a region that exists is missed',
    edits: [{ file: 'src/core/interval.ts', find: 'b.step - a.step', replace: 'a.step - b.step' }],
    killers: ['src/core/interval.test.ts'],
  },
  {
    name: 'trimming after averaging',
    harm: 'one liar pulls the mean before anybody filters',
    edits: [{ file: 'src/consensus/point.ts', find: '.slice(f, intervals.length - f)', replace: '.slice(0)' }],
    killers: [POINT, ADVERSARY],
  },
  {
    name: 'the point is not clamped to the region',
    harm: 'the certified point lies outside of what is certified',
    edits: [{ file: 'src/consensus/point.ts', find: 'point: clamp(point, region)', replace: 'point' }],
    killers: [POINT, ADVERSARY],
  },
  {
    name: 'a bound that does not grow with age',
    harm: 'an old ranging entry claims to be as good as a new one',
    edits: [
      {
        file: 'src/consensus/frame-intervals.ts',
        find: 'divCeil(ratesPpb * ageNs + peer.rangingRatePpb * betweenMarksNs, PPB)',
        replace: 'divCeil(peer.rangingRatePpb * betweenMarksNs, PPB)',
      },
    ],
    killers: [FRAMES, ADVERSARY],
  },
  {
    name: 'the time between two marks costs nothing',
    harm: 'an interval that is carried from one mark to another one misses the truth',
    edits: [
      {
        file: 'src/consensus/frame-intervals.ts',
        find: 'divCeil(ratesPpb * ageNs + peer.rangingRatePpb * betweenMarksNs, PPB)',
        replace: 'divCeil(ratesPpb * ageNs, PPB)',
      },
    ],
    killers: [FRAMES, ADVERSARY],
  },
  {
    name: 'ageing by one oscillator',
    harm: 'one frame in four of an honest member misses the truth',
    edits: [
      {
        file: 'src/consensus/frame-intervals.ts',
        find: 'const ratesPpb = own.rangingRatePpb + peer.rangingRatePpb',
        replace: 'const ratesPpb = peer.rangingRatePpb',
      },
    ],
    killers: [FRAMES, ADVERSARY],
  },
  {
    name: 'bounds round inward',
    harm: 'the last nanosecond of a promise is broken',
    edits: [
      {
        file: 'src/core/integer.ts',
        find: 'return a % b > 0n ? quotient + 1n : quotient',
        replace: 'return quotient',
      },
    ],
    killers: ['src/core/integer.test.ts'],
  },
  {
    name: 'an entry of another segment counts',
    harm: 'an honest interval is false after every re-lock or restart',
    edits: [
      {
        file: 'src/consensus/frame-intervals.ts',
        find: 'entry.segment === peer.segment && equalBytes(entry.bootId, peer.bootId)',
        replace: 'equalBytes(entry.bootId, peer.bootId)',
      },
    ],
    killers: [FRAMES],
  },
  {
    name: 'ranging of node clocks',
    harm: 'a re-lock between sample and use makes an honest interval false',
    edits: [
      {
        file: 'src/agent/measurement.ts',
        find: 'rangingNs: rangingClock.at(now)',
        replace: 'rangingNs: rangingNs(estimate?.taiNs ?? rangingClock.at(now))',
      },
      {
        file: 'src/agent/measurement.ts',
        find: "NS_PER_SECOND, type TaiNs, taiNs } from '../core/time.ts'",
        replace: "NS_PER_SECOND, rangingNs, type TaiNs, taiNs } from '../core/time.ts'",
      },
    ],
    killers: ['src/agent/measurement.test.ts', 'src/agent/member-clock.test.ts'],
  },
  {
    name: 'certified interval narrowed by the own one',
    harm: 'wrong own hardware makes the served bound a lie',
    edits: [
      {
        file: 'src/fusion/served-clock.ts',
        find: 'const within = held === undefined ? fallback : certifiedAt(held, now)',
        replace:
          'const region = held === undefined ? undefined : certifiedAt(held, now)\n      const within = region === undefined ? fallback : ((own && intersect(region, own.interval)) ?? region)',
      },
      {
        file: 'src/fusion/served-clock.ts',
        find: 'errorBound, type Interval, interval,',
        replace: 'errorBound, type Interval, intersect, interval,',
      },
    ],
    killers: ['src/fusion/served-clock.test.ts'],
  },
  {
    name: 'the served bound does not age',
    harm: 'an old certificate is served as if it were new',
    edits: [
      {
        file: 'src/fusion/served-clock.ts',
        find: 'driftNs(elapsedNs, rateBoundPpb) + ROUNDING_NS',
        replace: 'driftNs(0n, rateBoundPpb) + ROUNDING_NS',
      },
    ],
    killers: ['src/fusion/served-clock.test.ts'],
  },
  {
    name: 'the served clock steps',
    harm: 'users see time jump, and go back',
    edits: [
      {
        file: 'src/fusion/served-clock.ts',
        find: 'return clamp(targetTaiNs, interval(straight - reachNs, straight + reachNs))',
        replace: 'return reachNs < 0n ? straight : targetTaiNs',
      },
    ],
    killers: ['src/fusion/served-clock.test.ts'],
  },
  {
    name: 'a certificate that is void still steers',
    harm: 'a cluster that is gone is served for ever',
    edits: [
      {
        file: 'src/fusion/served-clock.ts',
        find: 'certified !== undefined && now <= certified.voidAfterMono ? certified : undefined',
        replace: 'certified !== undefined ? certified : undefined',
      },
    ],
    killers: ['src/fusion/served-clock.test.ts'],
  },
  {
    name: 'grade taken from votes',
    harm: 'q liars of hardware would be called validated',
    edits: [
      {
        file: 'src/consensus/agreement.ts',
        find: 'grade: capGrade(gradeOf(verdicts, f), domains, membership)',
        replace: "grade: capGrade(proposals.length >= quorum.q ? 'validated' : 'partial', domains, membership)",
      },
    ],
    killers: [AGREEMENT],
  },
  {
    name: 'a single domain does not cap the grade',
    harm: 'one spoofed sky is certified as validated',
    edits: [
      {
        file: 'src/consensus/common-mode.ts',
        find: "grade === 'validated' && capped ? 'partial' : grade",
        replace: 'capped ? grade : grade',
      },
    ],
    killers: ['src/consensus/common-mode.test.ts'],
  },
  {
    name: 'hardware that misses the region passes',
    harm: 'a spoofed appliance counts as confirming the time',
    edits: [
      {
        file: 'src/consensus/verdict.ts',
        find: "if (!meets(own, region)) return 'fail'",
        replace: "if (own === undefined) return 'fail'",
      },
    ],
    killers: [VERDICT],
  },
  {
    name: 'f frames make an outlier',
    harm: 'f liars take the reputation of whom they like',
    edits: [{ file: 'src/consensus/verdict.ts', find: 'count >= f + 1 ?', replace: 'count >= f ?' }],
    killers: [VERDICT],
  },
  {
    name: 'a proven liar recovers its reputation',
    harm: 'who equivocated chooses the point again',
    edits: [{ file: 'src/consensus/reputation.ts', find: 'if (ppm === 0) return 0\n', replace: '' }],
    killers: ['src/consensus/reputation.test.ts'],
  },
  {
    name: 'absent by the word of one leader',
    harm: 'one lying leader takes the reputation of whom it likes',
    edits: [
      {
        file: 'src/consensus/state.ts',
        find: 'where(omissions, (omission) => isAbsent(omission, f))',
        replace: 'where(omissions, (omission) => isAbsent(omission, 0))',
      },
    ],
    killers: [STATE],
  },
  {
    name: 'absent as soon as enough leaders have left it out',
    harm: 'honest members of a busy machine lose their reputation',
    edits: [{ file: 'src/consensus/omission.ts', find: 'blocks >= ABSENT_BLOCKS && leaders', replace: 'leaders' }],
    killers: [STATE, 'src/consensus/omission.test.ts'],
  },
  {
    name: 'f claims certify a leap second',
    harm: 'f liars insert a leap second',
    edits: [{ file: 'src/consensus/leap-agreement.ts', find: 'group.length >= f + 1', replace: 'group.length >= f' }],
    killers: ['src/consensus/leap-agreement.test.ts'],
  },
]

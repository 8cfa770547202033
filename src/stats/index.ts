// The statistics of doubleblind: `summarize` for a run, and every method by itself. Pure; listed by hand.
export { summarize, type SummarizeInput } from './summarize.js';
export { panelOf, type PanelOptions } from './panel.js';
export { tally } from '../tally/fold.js';
export { explain } from './explain.js';
export type { Grouping } from './groups.js';

// Win rates
export { missingBounds, orderBalanced, pairScore, winRate, winRateByPrompt } from './winrate.js';
export { clusteredRate, clusterStandardError, stratifiedMean, tInterval } from './cluster.js';
export { countScores, countsOf, type Counts } from './counts.js';

// Intervals
export { tango, tangoDifference } from './tango.js';
export { effectiveN, wilson } from './wilson.js';
export { clopperPearson } from './clopper-pearson.js';
export { betaPosterior, jeffreys, probabilityBetter } from './jeffreys.js';
export { agrestiCoull, bonettPrice } from './bonett-price.js';
export { bootstrapMean, bootstrapStatistic, type Bootstrap } from './bootstrap.js';

// Tests
export { exactBinomial, signTest } from './sign-test.js';
export { signFlip } from './sign-flip.js';
export { equivalenceT, nonInferiorityT, pairedT } from './paired-t.js';
export { mcnemar } from './mcnemar.js';
export { adjust, type Adjustment } from './adjust.js';

// Planning
export {
  designEffect,
  exactPower,
  detectableEffect,
  leastPrompts,
  minimumDetectableEffect,
  powerArcsine,
  sampleSize,
  sampleSizeArcsine,
  sampleSizeNonInferiority,
  sampleSizePairedT,
} from './power.js';
export { confidenceSequence, logEValue, sequentialStop } from './sequential.js';
export { looks, type StoppingRule, widened } from './looks.js';

// Agreement and judges
export { agreementOf } from './agreement.js';
export { cohenKappa, crossTable, kappaStandardError, lightKappa, scottPi, type Weights } from './kappa.js';
export { fleissKappa } from './fleiss.js';
export { krippendorffAlpha, METRICS } from './krippendorff.js';
export { congerKappa, gwet } from './gwet.js';
export { icc, oneWayIcc } from './icc.js';
export { unitCounts } from './units.js';
export { decisiveRate, positionBias } from './position.js';
export { repetitionStability } from './repetition.js';
export { familyOverlap, modelFamily, selfPreference } from './self-preference.js';
export { lengthControl, lengthControlL1, notEstimable } from './length-control.js';
export { effectiveJudges, majorityAccuracy, majorityVote, medianVote, weightedVote } from './jury.js';
export { dawidSkene } from './dawid-skene.js';
export { ppi } from './ppi.js';
export { allocateLabels, roganGladen } from './rogan-gladen.js';
export { agreementWithPeople, correct, type Labelled, rateBy } from './calibration.js';

// Several checkpoints and steps
export { pairings, type Comparison, type Pairings } from './pairings.js';
export { againstReference, bootstrapBradleyTerry, bradleyTerry } from './bradley-terry.js';
export { davidson } from './davidson.js';
export { averageWinRate, eloOf, points } from './ranking.js';
export { linearSlope, simultaneousBand, slopeInterval, stepToKeep } from './curve.js';
export { pageTrend } from './page.js';

// Decisions
export { defaultMargin, toDecide, toExclude, verdictOf } from './decision.js';
export { varianceOfScores } from './variance.js';

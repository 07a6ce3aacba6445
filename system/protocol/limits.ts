// Every bound of the runtime, with its unit in its name. The answer to "full" stands beside it.
// Policies (per actor type) may lower some of them; nothing raises one silently.

/** Entity ids are UTF-8, 1..256 bytes. Outside: class `key`. */
export const ENTITY_ID_BYTES_MAX = 256
/** An input record's value above this is dead-lettered with class `size` and its first bytes. */
export const RECORD_BYTES_MAX = 1 << 20
/** How much of an oversized record a dead letter keeps; the rest is digest and position. */
export const DEAD_LETTER_BYTES_MAX = 64 * 1024
/** Length of a stack or message kept in a dead letter, in characters. */
export const DEAD_LETTER_TEXT_MAX = 4096
/** Microsteps (eventless and raised transitions) in one step. Over: class `timeout`. */
export const MICROSTEPS_MAX = 1000
/** Configurations of one machine that are kept; plans of microsteps that are. Over: they are worked out anew each time. */
export const CONFIGURATIONS_MAX = 10_000
export const PLANS_MAX = 50_000
/** Leaves of a context that is laid flat between turns: numbers, the lengths of lists among them, and others. Over: it stays as it is. */
export const FLAT_NUMBERS_MAX = 256
export const FLAT_OTHERS_MAX = 48
/** Shapes of one machine's contexts that are laid flat. Over: contexts of others stay as they are. */
export const SHAPES_MAX = 256
/** Event types from outside whose descriptors are remembered. Over: they are matched anew each time. */
export const EVENT_TYPES_MAX = 1000
/** Inferences and lookups that one input may cause in its entity. Over: class `timeout`. */
export const QUESTIONS_PER_INPUT_MAX = 100
/** Encoded row of a reference table: it stands in the journal. Over: class `size`. */
export const ROW_BYTES_MAX = 64 * 1024
/** Answers of tables and models in one journal record, estimated bytes. Over: what is left of the poll, and of what is due, has the next batch. */
export const ANSWER_BYTES_PER_BATCH_MAX = 4 << 20
/** How long a table may take for the keys of one round, in ms. Over: it does not answer, and the partition waits. */
export const LOOKUP_MS_MAX = 5000
/** How long a model may take for the vectors of one round, in ms. Over: no score, with the reason. */
export const SCORE_MS_MAX = 5000
/** Model artifacts that a node keeps loaded. Over: an activation is refused, class `model`. */
export const MODELS_MAX = 1000
/** Effects of one input. Over: class `size`. */
export const EFFECTS_PER_INPUT_MAX = 10_000
/** Encoded state of one entity. Over: class `size`. */
export const STATE_BYTES_MAX = 1 << 20
/** Events one entity may hold until the watermark passes them. Over: class `size`. */
export const HELD_PER_ENTITY_MAX = 10_000
/** Armed timers of one entity. Over: class `size`. */
export const TIMERS_PER_ENTITY_MAX = 1000
/** Nesting of a decoded value. Over: class `decode`. */
export const VALUE_DEPTH_MAX = 64
/** Nesting that a codec takes: the deepest value, inside the envelope or state that wraps it. Over: not plain data. */
export const CODEC_DEPTH_MAX = VALUE_DEPTH_MAX + 16
/** Records of one poll handed to a batch. The rest waits in the topic. */
export const BATCH_RECORDS_MAX = 2000
/** Bytes of one poll. The rest waits in the topic. */
export const BATCH_BYTES_MAX = 4 << 20
/** Estimated memory of the entities that one batch touches. Over, as far as those before tell: fewer records, firings and releases. */
export const BATCH_ENTITY_BYTES_MAX = 32 << 20
/** Records, firings and releases of one batch as long as nobody knows how large entities are. */
export const BATCH_UNKNOWN_MAX = 128
/** From one batch to the next, unless it is full: what comes meanwhile is of one commit. In ms. */
export const COMMIT_WAIT_MS = 20
/** The same on the embedded log, whose commits take less, in ms. */
export const EMBEDDED_COMMIT_WAIT_MS = 5
/** Replies of commands that an owner keeps although their entity may have forgotten them: bytes, and for how long, in ms. Over: the oldest goes. */
export const REPLIES_BYTES_MAX = 16 << 20
export const REPLIES_MS_MAX = 60_000
/** Timer firings and releases of held events in one batch. The rest runs in the next batch. */
export const RELEASES_PER_BATCH_MAX = 5000
/** A clock that jumps forward by more than this makes the partition unhealthy instead of firing timers. */
export const CLOCK_JUMP_MS_MAX = 30 * 24 * 3600 * 1000
/** An event dated further ahead of the clock than this is dead-lettered, class `semantic`, before it touches a watermark. */
export const FUTURE_MS_MAX = 24 * 3600 * 1000
/** Sources further ahead of the slowest source or sender than this (event time, ms) are not polled. */
export const SKEW_MS_MAX = 10 * 60_000
/** Least time between two watermark records of one sender partition to one target partition, in ms. */
export const WATERMARK_EVERY_MS = 200
/** How long a sender stands at the end of all its inputs before it declares itself idle, in ms. */
export const IDLE_MS = 1000
/** Dirty states older than this are written inside the next commit, in ms. */
export const SNAPSHOT_EVERY_MS = 5000
/** How long a system may stand still without losing inputs: a source or inbox that keeps its records for less, in ms, is refused. */
export const STANDSTILL_MS = 24 * 3600 * 1000
/** A source or inbox that keeps fewer bytes of a partition is refused: a recovery may read FOLD_BYTES_MAX of inputs again, and what came while states were written. */
export const INPUT_KEPT_BYTES_MIN = 256 << 20
/** Bytes of states written inside one commit for their age alone. */
export const SNAPSHOT_BYTES_PER_COMMIT_MAX = 256 * 1024
/** What a recovery may have to fold; a floor further back forces states out. Time as the fold took it, in ms; but no fewer and no more turns. And bytes of input records. */
export const FOLD_MS_MAX = 500
export const FOLD_BYTES_MAX = 128 << 20
export const FOLD_INPUTS_MIN = 20_000
export const FOLD_INPUTS_MAX = 200_000
/** Memory for entities of one partition, estimated bytes. Over: least recently used leave. */
export const ENTITY_BYTES_MAX = 64 << 20
/** Buckets of a partition's snapshot cache, fixed in the partition record when it is first written. */
export const CACHE_BUCKETS = 64
/** How long draining may take before it gives up writing states, in ms. */
export const DRAIN_MS_MAX = 5000
/** Lease of a running task: started again when its result has not come by then, in ms. */
export const TASK_LEASE_MS = 30_000
/** Attempts of a task before its failure is an event to the machine. */
export const TASK_ATTEMPTS_MAX = 4
/** First and longest wait between attempts of a task, in ms. */
export const RETRY_DELAY_MS_MIN = 200
export const RETRY_DELAY_MS_MAX = 60_000
/** Batches after which a lease counts as clean (attempts start again at 1, isolation ends). */
export const CLEAN_COMMITS = 20
/** From this attempt on a partition isolates: one input at a time, named in the journal before it is stepped. */
export const ISOLATE_ATTEMPTS = 3
/** How often in a row owners may die with a suspect before it is blamed. */
export const SUSPECT_TIMES_MAX = 3
/** Events kept for one parked entity. Over: they go to the dead letters, class `size`. */
export const PARKED_PER_ENTITY_MAX = 10_000
/** Bytes of events kept for one parked entity. Over: they go to the dead letters, class `size`. */
export const PARKED_BYTES_MAX = 64 << 20
/** Parked entities of one partition. Over: the partition restarts, and fails beyond its intensity. */
export const PARKED_ENTITIES_MAX = 1000
/** Restarts of a partition within ESCALATION_PERIOD_MS before its node is unhealthy. */
export const ESCALATIONS_MAX = 5
export const ESCALATION_PERIOD_MS = 60_000
/** Looks that wait for the end of a partition's batch, also of callers that have gone. Over: they are told to ask again. */
export const LOOKS_WAITING_MAX = 5000
/** How far apart looks at an entity are that is followed, in ms. */
export const FOLLOW_EVERY_MS = 200
/** Entities that a gateway follows. Over: refused. */
export const FOLLOWED_MAX = 1000
/** A log without reads by key removes tombstones some time after they were written: what has not been read on for longer is read anew, ms. */
export const TOMBSTONES_KEPT_MS = 3600 * 1000
/** Entities of a gateway that are inspected: followed with what they took, which is read from their histories. Over: refused. */
export const INSPECTED_MAX = 8
/** Drawings of statecharts that a process keeps. Over: the one made first goes, and is laid out again when it is asked for. */
export const DRAWINGS_MAX = 200
/** States of a statechart that is drawn, and lines between them: laying out more holds the thread up for many seconds. Over: refused; its text can still be had. */
export const DRAWN_STATES_MAX = 400
export const DRAWN_LINES_MAX = 1200
/** Configurations, and transitions, that a look at the flow of a type names. Over: the rest is summed under one name. */
export const FLOW_LABELS_MAX = 1000
/** How long the transitions that are taken are counted after somebody looked, in ms. */
export const FLOW_WATCHED_MS = 5000
/** Newest durations of a partition that percentiles are made of. */
export const FLOW_DURATIONS_KEPT = 256
/** Turns with a transition, of which one is timed while somebody looks. */
export const FLOW_TIMED_EVERY = 64
/** Between two looks at the flow of a system that somebody watches, in ms. */
export const FLOW_EVERY_MS = 200

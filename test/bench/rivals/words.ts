// What the page says of each rival: what it is, what it keeps, what a crash costs.

export const RIVALS = ['kafkajs-loop', 'platformatic-loop', 'kafka-streams', 'restate'] as const
export type RivalName = (typeof RIVALS)[number]

export const RIVAL_WORDS: Readonly<Record<RivalName, { readonly title: string; readonly sentence: string }>> = {
  'kafkajs-loop': {
    title: 'by hand, kafkajs',
    sentence: 'Outputs and offsets are exactly once, in a transaction for each partition; states are in a map of the process and stored nowhere: after a crash they are made anew by reading all of the input from its start, which must still be there. No timers, no parking of what fails: a fault ends the process.',
  },
  'platformatic-loop': {
    title: 'by hand, @platformatic/kafka',
    sentence: "The same on that client's Consumer (its group and its bare `fetch`, one answer ahead) and Producer (its transactions): its requests are not encoded by hand. Kept and lost is the same.",
  },
  'kafka-streams': {
    title: 'Kafka Streams',
    sentence: '`exactly_once_v2`, one thread, a heap of 1 GiB, else its defaults: outputs, offsets and the changelog of an in-memory store are in one transaction. Every change of a state is written to a topic; after a crash states are read from there. The virtual machine still compiles the step while it is measured.',
  },
  restate: {
    title: 'Restate',
    sentence: 'A virtual object for each account, fed by its subscription to the topic: every event is an invocation of its own with a journal, and its server keeps states and journals on its disk. Outputs are sent to Kafka in a step of the invocation, many together: at least once, because one that was sent but not yet recorded as done when something crashes is sent again. Fewer events, because it takes longer; processor time is that of its server and its service.',
  },
}

// The seed of this test run: fixed by default, `npm test -- --seed <n>` sets it. Property tests pass it to fast-check, which prints it when it fails.

const SEED_WITHOUT_RUN = 20180401

export function testSeed(): number {
  const given = Number(process.env['STATELOG_TEST_SEED'] ?? SEED_WITHOUT_RUN)
  return Number.isSafeInteger(given) ? given : SEED_WITHOUT_RUN
}

// Metrics: how well scores tell labels apart.

/** Area under the ROC curve: the chance that an example of label 1 scores above one of label 0, ties counting half. NaN without both labels. */
export function areaUnderCurve(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = Int32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!)
  let positives = 0
  let rankSum = 0
  for (let start = 0; start < order.length;) {
    let end = start
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) end++
    const meanRank = (start + 1 + end) / 2
    for (let i = start; i < end; i++) {
      if (labels[order[i]!] !== 1) continue
      positives++
      rankSum += meanRank
    }
    start = end
  }
  const negatives = order.length - positives
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}

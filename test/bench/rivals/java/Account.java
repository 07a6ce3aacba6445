import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * W1's step in Java: the same operations on doubles in the same order as {@code w1/account.ts}, so that sums have the same bits. The exponential is the
 * platform's own, as in the reference of the checker.
 *
 * <p>A stored state is its numbers as little-endian doubles: those named below, ten amounts, their ten times, the standing.
 */
final class Account {
  private static final int RING = 10;
  private static final double RECENT_MS = 60_000;
  private static final double COOLING_MS = 600_000;
  private static final long DAY_MS = 86_400_000;
  private static final double[] WEIGHTS = {1.25, -0.75, 0.5, -0.3, -0.4, 0.9, 0.35, 0.6, -0.45, 0.8, 1.1, 0.7, 1.3, -0.05, 0.15, 0.95};
  private static final double BIAS = -2.1;

  private static final int COUNT = 0;
  private static final int SUM = 1;
  private static final int EWMA = 2;
  private static final int LAST_TIME = 3;
  private static final int BLOCKED_AT = 4;
  private static final int SCORE = 5;
  private static final int AMOUNTS = 6;
  private static final int TIMES = AMOUNTS + RING;
  private static final int STANDING = TIMES + RING;
  private static final int NUMBERS = STANDING + 1;

  private static final int NORMAL = 0;
  private static final int SUSPICIOUS = 1;
  private static final int BLOCKED = 2;

  private static final int SCORED_BYTES = 32;

  private final double[] numbers = new double[NUMBERS];
  private final double[] features = new double[16];

  /** Takes over a stored state; null: a new account. */
  void load(byte[] stored) {
    if (stored == null) Arrays.fill(numbers, 0);
    else littleEndian(stored).asDoubleBuffer().get(numbers);
  }

  byte[] store() {
    byte[] stored = new byte[8 * NUMBERS];
    littleEndian(stored).asDoubleBuffer().put(numbers);
    return stored;
  }

  /** The account after a payment; returns the output's value. */
  byte[] pay(byte[] payment) {
    ByteBuffer read = littleEndian(payment);
    double amount = read.getDouble(8);
    long time = read.getLong(16);
    int merchant = read.getInt(24);
    boolean isFirst = numbers[COUNT] == 0;
    double since = isFirst ? 0 : Math.min((time - numbers[LAST_TIME]) / 1000, 600);
    double usual = isFirst ? amount : numbers[EWMA];
    int slot = (int) (numbers[COUNT] % RING);
    numbers[COUNT] += 1;
    numbers[SUM] += amount;
    numbers[EWMA] = isFirst ? amount : 0.2 * amount + 0.8 * numbers[EWMA];
    numbers[LAST_TIME] = time;
    numbers[AMOUNTS + slot] = amount;
    numbers[TIMES + slot] = time;
    int recent = foldRing(time);
    int from = (int) numbers[STANDING];
    int to = next(from, amount, recent, time);
    if (from == SUSPICIOUS && to == BLOCKED) numbers[BLOCKED_AT] = time;
    numbers[STANDING] = to;
    double[] f = features;
    f[0] = amount / 1000;
    f[1] = numbers[SUM] / numbers[COUNT] / 1000;
    f[2] = numbers[EWMA] / 1000;
    f[3] = Math.min(numbers[COUNT], 1000) / 1000;
    f[4] = since / 600;
    f[5] = (amount - usual) / 1000;
    f[10] = recent / 10.0;
    f[11] = from == SUSPICIOUS ? 1 : 0;
    f[12] = from == BLOCKED ? 1 : 0;
    f[13] = (merchant % 100) / 100.0;
    f[14] = (time % DAY_MS) / (double) DAY_MS;
    f[15] = amount > 900 ? 1 : 0;
    double x = BIAS;
    for (int index = 0; index < 16; index++) x += WEIGHTS[index] * f[index];
    numbers[SCORE] = 1 / (1 + Math.exp(-x));
    return scored(read.getLong(0), to);
  }

  /** Features 6 to 9; returns how many of the last ten payments came within a minute. */
  private int foldRing(double time) {
    int kept = (int) Math.min(numbers[COUNT], RING);
    double total = 0;
    double most = -1e308;
    double least = 1e308;
    double squares = 0;
    int recent = 0;
    for (int index = 0; index < kept; index++) {
      double one = numbers[AMOUNTS + index];
      total += one;
      if (one > most) most = one;
      if (one < least) least = one;
      squares += one * one;
      if (numbers[TIMES + index] > time - RECENT_MS) recent++;
    }
    double mean = total / kept;
    features[6] = mean / 1000;
    features[7] = most / 1000;
    features[8] = least / 1000;
    features[9] = Math.sqrt(Math.max(0, squares / kept - mean * mean)) / 1000;
    return recent;
  }

  private int next(int from, double amount, int recent, double time) {
    switch (from) {
      case NORMAL: return amount > 900 || recent > 5 ? SUSPICIOUS : NORMAL;
      case SUSPICIOUS: return amount > 950 ? BLOCKED : SUSPICIOUS;
      default: return time - numbers[BLOCKED_AT] >= COOLING_MS ? NORMAL : BLOCKED;
    }
  }

  private byte[] scored(long seq, int standing) {
    byte[] value = new byte[SCORED_BYTES];
    littleEndian(value).putLong(0, (long) numbers[COUNT]).putLong(8, seq).putDouble(16, numbers[SCORE]).putInt(24, standing);
    return value;
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}

import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** W1 on Kafka Streams: exactly once, one thread, states in memory with a changelog topic; everything else as it comes. */
public final class StreamsLoop {
  private static final String STORE = "accounts";
  private static final Duration CLOSE_MAX = Duration.ofSeconds(10);

  private static final class Scorer implements Processor<byte[], byte[], byte[], byte[]> {
    private final Account account = new Account();
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<Bytes, byte[]> accounts;

    @Override
    public void init(ProcessorContext<byte[], byte[]> given) {
      context = given;
      accounts = given.getStateStore(STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      Bytes key = Bytes.wrap(record.key());
      account.load(accounts.get(key));
      byte[] scored = account.pay(record.value());
      accounts.put(key, account.store());
      context.forward(record.withValue(scored));
    }
  }

  public static void main(String[] args) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(STORE), Serdes.Bytes(), Serdes.ByteArray()));
    builder.stream(setting("INPUT_TOPIC"), Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
        .process(Scorer::new, STORE)
        .to(setting("OUTPUT_TOPIC"), Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
    KafkaStreams streams = new KafkaStreams(builder.build(), properties());
    streams.setUncaughtExceptionHandler(thrown -> {
      thrown.printStackTrace();
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(CLOSE_MAX)));
    streams.start();
  }

  private static Properties properties() {
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, setting("GROUP"));
    properties.put(StreamsConfig.CLIENT_ID_CONFIG, setting("CLIENT_ID"));
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, setting("KAFKA_BROKERS"));
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, setting("COMMIT_MS"));
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    properties.put(StreamsConfig.STATE_DIR_CONFIG, setting("STATE_DIR"));
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    return properties;
  }

  private static String setting(String name) {
    String value = System.getenv(name);
    if (value == null || value.isEmpty()) throw new IllegalArgumentException(name + " is not set");
    return value;
  }
}

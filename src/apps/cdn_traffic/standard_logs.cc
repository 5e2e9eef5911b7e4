#include "apps/cdn_traffic/standard_logs.h"

#include "engines/cdn/access_log/log_lines.h"
#include "engines/cdn/compressor.h"

namespace meridian::apps {
namespace {

namespace access_log = engines::cdn::access_log;

std::string gzip(std::string_view text) {
  std::string out;
  const auto compressor = engines::cdn::make_compressor(engines::cdn::rules::kGzip);
  compressor->add(text, out);
  compressor->finish(out);
  return out;
}

}  // namespace

StandardLogs::StandardLogs(const World& world, const std::string& data_dir, std::unique_ptr<LogBucket> bucket)
    : world_(world),
      bucket_(std::move(bucket)),
      delivered_(world.metrics.counter("meridian_cdn_log_files_delivered_total",
                                       "Files of standard logs that were put into their buckets")),
      dropped_files_(world.metrics.counter("meridian_cdn_log_files_dropped_total",
                                           "Files of standard logs whose bucket took them for no day")),
      spool_(world.disk, data_dir + "/cdn-logs", world.random, world.logger, world.metrics),
      now_(world.clock.now()),
      loop_(net::make_loop(), "cdn-logs") {}

Result<void> StandardLogs::start() {
  TRY(spool_.open());
  loop_.start();
  loop_.loop().post([this] { deliver_and_wait(); });
  return {};
}

void StandardLogs::take(const engines::cdn::RequestRecord& record) {
  const auto& distribution = *record.distribution;
  if (!distribution.log.enabled) return;
  line_.clear();
  access_log::append_standard_line(line_, record);
  spool_.add({distribution.account, distribution.log.bucket, distribution.log.prefix, distribution.id},
             record.began + record.time_taken, line_, now_);
}

void StandardLogs::turn(SystemTime now) {
  now_ = now;
  if (spool_.close(now - kDeliverEvery)) loop_.loop().post([this] { deliver(); });
}

void StandardLogs::end(SystemTime now) {
  loop_.stop();
  spool_.close(now);
  deliver();
}

void StandardLogs::deliver_and_wait() {
  deliver();
  timer_ = loop_.loop().after(kDeliverEvery, [this] { deliver_and_wait(); });
}

void StandardLogs::deliver() {
  const auto names = spool_.closed();
  if (!names) {
    world_.logger.error("cdn-logs", "standard logs cannot be delivered: " + names.error().message);
    return;
  }
  for (const std::string& name : *names) deliver(name);
}

void StandardLogs::deliver(const std::string& name) {
  const auto delivered = try_to_deliver(name);
  if (!delivered)
    world_.logger.warn("cdn-logs", "a standard log cannot be delivered",
                       {{"file", name}, {"why", delivered.error().message}});
  if (!delivered && delivered.error().retry) return;
  (delivered ? delivered_ : dropped_files_).add();
  if (const auto removed = spool_.remove(name); !removed)
    world_.logger.error("cdn-logs", removed.error().message, {{"file", name}});
}

Result<void> StandardLogs::try_to_deliver(const std::string& name) {
  auto file = spool_.read(name);
  if (!file) {
    file.error().retry = file.error().code != ErrorCode::Corrupt;
    return std::unexpected(file.error());
  }
  auto put = bucket_->put(file->object, gzip(access_log::standard_log_head() + file->lines));
  if (!put) put.error().retry = world_.clock.now() - file->begun < kGiveUpAfter;
  return put;
}

}  // namespace meridian::apps

#include "apps/cdn_traffic/request_outbox.h"

#include "engines/cdn/access_log/request_buffers.h"
#include "snapshots/feed/compression.h"

namespace meridian::apps {

namespace feed = snapshots::feed;

RequestOutbox::RequestOutbox(std::uint64_t series, Metrics& metrics)
    : series_(series),
      dropped_(engines::cdn::access_log::unlogged_requests(metrics)),
      bytes_gauge_(metrics.gauge("meridian_cdn_untold_requests_bytes",
                                 "Of requests, compressed, that the control has not heard of yet.")) {}

void RequestOutbox::take(const engines::cdn::RequestRecord& record) {
  writer_.add(record);
  if (writer_.bytes() >= kPieceBytes) close_piece();
}

void RequestOutbox::close_piece() {
  const std::size_t records = writer_.records();
  if (records == 0) return;
  const std::string plain = writer_.take();
  std::string bytes = feed::compress(plain);
  const std::lock_guard lock(mutex_);
  if (std::max(plain.size(), bytes.size()) > feed::kRequestsBytesMax || bytes_ + bytes.size() > kBytesMax) {
    dropped_.add(records);
    return;
  }
  bytes_ += bytes.size();
  bytes_gauge_.set(static_cast<double>(bytes_));
  pieces_.push_back({++last_number_, plain.size(), std::move(bytes)});
}

std::optional<feed::Requests> RequestOutbox::next() {
  const std::lock_guard lock(mutex_);
  if (sent_ == pieces_.size() || sent_bytes_ >= kSentBytesMax) return std::nullopt;
  const Piece& piece = pieces_[sent_++];
  sent_bytes_ += piece.bytes.size();
  return feed::Requests{series_, piece.number, piece.plain_size, piece.bytes};
}

void RequestOutbox::taken(const feed::RequestsTaken& taken) {
  const std::lock_guard lock(mutex_);
  if (taken.series != series_) return;
  while (sent_ > 0 && pieces_.front().number <= taken.number) {
    const std::size_t size = pieces_.front().bytes.size();
    pieces_.pop_front();
    bytes_ -= size;
    sent_bytes_ -= size;
    --sent_;
  }
  bytes_gauge_.set(static_cast<double>(bytes_));
  changed_.notify_all();
}

void RequestOutbox::repeat() {
  const std::lock_guard lock(mutex_);
  sent_ = sent_bytes_ = 0;
}

void RequestOutbox::wait_until_taken(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, most, [this] { return pieces_.empty(); });
}

}  // namespace meridian::apps

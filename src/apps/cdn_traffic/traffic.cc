#include "apps/cdn_traffic/traffic.h"

#include <utility>

namespace meridian::apps {

void Traffic::start(std::vector<std::unique_ptr<TrafficReader>> readers) {
  readers_ = std::move(readers);
  loop_.start();
  loop_.loop().post([this] { turn(); });
}

void Traffic::stop() {
  loop_.stop();
  timer_.reset();
  if (std::exchange(ended_, true)) return;
  fetch();
  for (const auto& reader : readers_) reader->end(clock_.now());
}

void Traffic::fetch() {
  buffers_.fetch([this](const engines::cdn::RequestRecord& record) { tell(record); });
}

void Traffic::tell(const engines::cdn::RequestRecord& record) {
  for (const auto& reader : readers_) reader->take(record);
}

void Traffic::turn() {
  fetch();
  for (const auto& reader : readers_) reader->turn(clock_.now());
  timer_ = loop_.loop().after(kFetchEvery, [this] { turn(); });
}

}  // namespace meridian::apps

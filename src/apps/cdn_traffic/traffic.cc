#include "apps/cdn_traffic/traffic.h"

namespace meridian::apps {

void Traffic::start(std::vector<std::unique_ptr<TrafficReader>> readers) {
  readers_ = std::move(readers);
  loop_.start();
  loop_.loop().post([this] { turn(); });
}

void Traffic::stop() {
  loop_.stop();
  timer_.reset();
  if (readers_.empty()) return;
  fetch();
  for (const auto& reader : readers_) reader->end(clock_.now());
  readers_.clear();
}

void Traffic::fetch() {
  buffers_.fetch([this](const engines::cdn::RequestRecord& record) {
    for (const auto& reader : readers_) reader->take(record);
  });
}

void Traffic::turn() {
  fetch();
  for (const auto& reader : readers_) reader->turn(clock_.now());
  timer_ = loop_.loop().after(kFetchEvery, [this] { turn(); });
}

}  // namespace meridian::apps

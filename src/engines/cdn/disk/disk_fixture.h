// For tests: objects to keep on disk, and errands that are run at once.
#pragma once

#include <string>

#include "base/fake_disk.h"
#include "engines/cdn/disk/disk_cache.h"

namespace meridian::engines::cdn::disk {

struct AtOnce final : Errands {
  bool run(std::function<void()> errand) override {
    if (full) return false;
    errand();
    return true;
  }
  bool full = false;
};

inline Key key_of(std::uint64_t number) {
  return {number * 0x9e37'79b9'7f4a'7c15, number};
}

inline std::string body_of(std::uint64_t number, std::size_t size) {
  std::string body(size, '\0');
  for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(number * 31 + i * 7 + i / 251);
  return body;
}

inline std::shared_ptr<Object> object_of(std::uint64_t number, std::size_t size, PurgeLogs& purges) {
  auto object = std::make_shared<Object>();
  object->kept = true;
  object->uri = "/" + std::to_string(number);
  object->length = size;
  object->life.fresh_s = 1000;
  object->purges = purges.of("E1");
  object->purges_seen = object->purges->newest();
  const rules::Field fields[] = {{"Content-Type", "text/plain"}, {"X-Number", object->uri}};
  object->fields = StoredFields(fields);
  object->body = Body::of(body_of(number, size));
  return object;
}

inline std::string text_of(const Object& object) {
  std::string text;
  append_body(object.body, text);
  return text;
}

}  // namespace meridian::engines::cdn::disk

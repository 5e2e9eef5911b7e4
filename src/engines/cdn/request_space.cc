#include "engines/cdn/request_space.h"

namespace meridian::engines::cdn {

void RequestSpace::clear() {
  for (std::string* const each : {&request_id, &host, &path, &query, &key}) {
    if (each->capacity() > RequestSpaces::kTextBytesMax) std::string().swap(*each);
    each->clear();
  }
  for (rules::FieldList* const each : {&generated, &kept, &reply}) each->clear();
}

std::unique_ptr<RequestSpace> RequestSpaces::take() {
  if (spare_.empty()) return std::make_unique<RequestSpace>();
  std::unique_ptr<RequestSpace> space = std::move(spare_.back());
  spare_.pop_back();
  return space;
}

void RequestSpaces::give_back(std::unique_ptr<RequestSpace> space) {
  if (spare_.size() >= kSpareMax) return;
  space->clear();
  spare_.push_back(std::move(space));
}

}  // namespace meridian::engines::cdn

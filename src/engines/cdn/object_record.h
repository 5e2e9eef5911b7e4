// The head of a whole object as one short text: what a cache's memory and its disk keep of it beside the
// body. Rule: a text that was read back says what was written, or is refused; it may come from a disk that
// lies.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "engines/cdn/object.h"

namespace meridian::engines::cdn {

// Fields that many heads have in common, each kept once. Of one shard's lock.
class CommonFields {
 public:
  static constexpr std::size_t kFieldsMax = 2048;
  static constexpr std::size_t kFieldBytesMax = 256;

  // The number of one that is worth keeping; none: it is not, or there is no room.
  std::optional<std::uint32_t> number_of(const rules::Field& field);
  // Null: no such number.
  const rules::Field* find(std::uint64_t number) const {
    return number < fields_.size() ? &fields_[number] : nullptr;
  }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;  // by "name:value"
  std::vector<rules::Field> fields_;                        // views into its keys
  std::string scratch_;
};

// Whether an object may be written as a record: a response that is kept, and whole or in slices.
bool is_recordable(const Object& object);

// Without `common`, a text that says everything itself.
void write_record(const Object& object, CommonFields* common, std::string& out);
// All but the body, the log of purges and what of it was seen.
Result<std::shared_ptr<Object>> read_record(std::string_view text, const CommonFields* common);
// The same, by way of a list that serves again.
Result<std::shared_ptr<Object>> read_record(std::string_view text, const CommonFields* common,
                                            rules::FieldList& fields);
// What purges ask: cheaper than the whole.
struct RecordedNames {
  std::string_view uri;
  std::vector<std::string> tags;
};
Result<RecordedNames> read_recorded_names(std::string_view text);

}  // namespace meridian::engines::cdn

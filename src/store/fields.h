// The bytes of a stored value: a schema version, then fields one after another in a fixed order. A later
// version of a schema appends fields; its reader takes their defaults when version() says that the value is
// older. Rule: reading never trusts the bytes; what does not fit is Corrupt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace meridian::store {

// Derive to add the fields of one schema: `class Writer : public FieldWriter<Writer>`.
template <typename Derived>
class FieldWriter {
 public:
  explicit FieldWriter(std::uint8_t version) { append_u8(out_, version); }
  Derived& u8(std::uint8_t value) { return append_u8(out_, value), self(); }
  Derived& u16(std::uint16_t value) { return append_u16(out_, value), self(); }
  Derived& u32(std::uint32_t value) { return append_u32(out_, value), self(); }
  Derived& u64(std::uint64_t value) { return append_u64(out_, value), self(); }
  Derived& flag(bool value) { return u8(value); }
  Derived& text(std::string_view value) { return append_sized(out_, value), self(); }
  Derived& optional_text(const std::optional<std::string>& value) {
    flag(value.has_value());
    return value ? text(*value) : self();
  }
  Derived& time(SystemTime value) {
    return u64(static_cast<std::uint64_t>(value.time_since_epoch().count()));
  }
  Derived& count(std::size_t value) { return u32(static_cast<std::uint32_t>(value)); }
  std::string take() { return std::move(out_); }

 private:
  Derived& self() { return static_cast<Derived&>(*this); }
  std::string out_;
};

class FieldReader {
 public:
  FieldReader(std::string_view bytes, std::uint8_t newest_version)
      : bytes_(bytes), version_(bytes_.u8()), good_(version_ >= 1 && version_ <= newest_version) {}

  std::uint8_t version() const { return version_; }
  std::uint8_t u8() { return bytes_.u8(); }
  std::uint16_t u16() { return bytes_.u16(); }
  std::uint32_t u32() { return bytes_.u32(); }
  std::uint64_t u64() { return bytes_.u64(); }
  bool flag() { return u8() != 0; }
  std::string_view bytes() { return bytes_.sized(); }
  std::string text() { return std::string(bytes()); }
  std::optional<std::string> optional_text() { return flag() ? std::optional(text()) : std::nullopt; }
  SystemTime time() { return SystemTime(Duration(static_cast<Duration::rep>(u64()))); }
  // How many elements follow; each takes at least `size` bytes, so that a corrupt count allocates nothing.
  std::size_t count(std::size_t size) {
    std::size_t value = u32();
    good_ = good_ && value <= bytes_.remaining() / size;
    return good_ ? value : 0;
  }
  void spoil() { good_ = false; }

  // The value when everything before it was read well and nothing follows.
  template <typename T>
  Result<T> finish(T value, std::string_view what) {
    if (good_ && bytes_.ok() && bytes_.at_end()) return value;
    return fail(ErrorCode::Corrupt, "a stored " + std::string(what) + " cannot be read",
                ErrorSource::Storage);
  }

 private:
  ByteReader bytes_;
  std::uint8_t version_;
  bool good_;
};

}  // namespace meridian::store

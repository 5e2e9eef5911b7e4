// Field sections as HTTP/2 compresses them (RFC 7541): a decoder and an encoder, each with a table that grows
// with what one connection says, in step with the peer's.
// Rule: after an error the tables are out of step, and the connection is over.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "formats/http2/prepared_fields.h"
#include "formats/http2/static_table.h"

namespace meridian::http2 {

inline constexpr std::size_t kTableBytesMax = 4096;  // of each side's table; the default of RFC 9113 §6.5.2
inline constexpr std::size_t kFieldOverhead = 32;    // RFC 7541 §4.1: what a field counts beside its bytes

// Fields, the newest first, bounded by their size.
class DynamicTable {
 public:
  std::size_t count() const { return newest_ - oldest_; }
  std::uint64_t newest() const { return newest_; }  // how many there ever were
  std::uint64_t oldest() const { return oldest_; }  // how many of them have gone
  bool holds(std::uint64_t number) const { return number >= oldest_ && number < newest_; }
  TableField field(std::uint64_t number) const;  // one that it holds, by its number
  TableField at(std::size_t index) const { return field(newest_ - 1 - index); }  // 0: the newest
  std::size_t size_max() const { return size_max_; }
  void set_size_max(std::size_t size);
  // Neither is a view into the table, but `name` may be one into the static table.
  void add(std::string_view name, std::string_view value, bool judged = false);
  bool judged(std::size_t index) const { return places_[(newest_ - 1 - index) % kFieldsMax].judged; }

 private:
  static constexpr std::size_t kFieldsMax = kTableBytesMax / kFieldOverhead;
  struct Place {
    std::uint32_t begin = 0;
    std::uint16_t name_size = 0, value_size = 0;
    bool judged = false;
  };
  void evict();

  std::array<Place, kFieldsMax> places_;
  std::uint64_t oldest_ = 0, newest_ = 0;
  std::string bytes_;  // of the fields, oldest first, behind those that have gone
  std::size_t size_ = 0, size_max_ = kTableBytesMax;
};

// Who is told what a section has. The views are good for the call.
class FieldSink {
 public:
  virtual ~FieldSink() = default;
  // `judged`: of the static table, or judge() said so of this field once.
  virtual void on_field(std::string_view name, std::string_view value, bool judged) = 0;
  // Of what goes into the table: whether it need not be looked at again each time it comes.
  virtual bool judge(std::string_view /*name*/, std::string_view /*value*/) { return false; }
};

class HpackDecoder {
 public:
  enum class Verdict : std::uint8_t { Done, Malformed, TooLarge };
  // `list_bytes_max` as RFC 9113 §6.5.2 counts; what is beyond is not decoded.
  Verdict decode(std::string_view block, std::size_t list_bytes_max, FieldSink& sink);

 private:
  struct Taken {
    bool good = false;  // false: the block is malformed
    bool kept = false;  // it goes into the table
    bool judged = false;
  };
  Taken take_field(std::string_view& block, TableField& field);
  bool take_text(std::string_view& block, std::string& buffer, std::string_view& text);
  bool look_up(std::uint64_t index, TableField& field, bool& judged) const;

  DynamicTable table_;
  std::string name_, value_;
};

class HpackEncoder {
 public:
  // SETTINGS_HEADER_TABLE_SIZE of the peer.
  void set_peer_table(std::size_t size);
  // Before the fields of a section.
  void begin(std::string& out);
  // The name in any case.
  void add(std::string& out, std::string_view name, std::string_view value);
  void add(std::string& out, const PreparedFields& fields);
  // The name in lower case.
  void add(std::string& out, std::string_view name, std::string_view value, const FieldForm& form);
  void add_status(std::string& out, int status);

 private:
  static constexpr std::size_t kSlots = 128, kWays = 4;
  static constexpr std::size_t kSaidMax = 4;         // whose bytes are remembered
  static constexpr std::size_t kSaidBytesMax = 512;  // of each
  struct Said {
    std::uint64_t number = 0;  // of PreparedFields; 0: none
    std::array<std::uint64_t, 3> state{};
    std::string bytes;
  };

  DynamicTable table_;
  // Numbers of fields of the table, plus one, in sets by their hash: two that were always told anew because
  // of each other would cost more than looking at four.
  std::array<std::uint64_t, kSlots> slots_{};
  std::array<Said, kSaidMax> said_;
  std::string name_;
  std::size_t announced_ = kTableBytesMax, smallest_ = kTableBytesMax;
};

// RFC 7541 §5.1; `bits` are what the first byte has for it, below `mark`.
void append_integer(std::string& out, std::uint8_t mark, unsigned bits, std::uint64_t value);
// False: cut off, or greater than any that HPACK needs.
bool take_integer(std::string_view& block, unsigned bits, std::uint64_t& value);

}  // namespace meridian::http2

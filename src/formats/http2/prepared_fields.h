// Fields that are said again and again, to one peer after the other: what HPACK makes of them is worked out
// once. Rule: what an encoder says of them is what it would say field by field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace meridian::http2 {

// Whether what is said goes into the table of those who listen. RFC 7541 §7.1.3: nobody on the way is to keep
// a secret either.
enum class Keeping : std::uint8_t { Table, Never, Secret };

// What an encoder has to know of a field, whatever its table holds.
struct FieldForm {
  Keeping keeping = Keeping::Table;
  std::uint8_t known = 0;  // the name's number in the static table, 0: it has none
  std::uint8_t whole = 0;  // the number of the field itself there
  std::uint32_t hash = 0;
};
// A field name as HTTP/2 has it, in lower case (RFC 9113 §8.2).
void append_name(std::string& out, std::string_view name);
FieldForm form_of(std::string_view name, std::string_view value);  // the name in lower case

class PreparedFields {
 public:
  PreparedFields();
  // Names in any case.
  void add(std::string_view name, std::string_view value);
  std::uint64_t number() const { return number_; }    // of these fields, and of no others in this process
  std::size_t bytes() const { return text_.size(); }  // of names and values
  std::size_t charge() const { return text_.capacity() + places_.capacity() * sizeof(Place); }

  template <typename Each>
  void for_each(Each each) const {
    const char* at = text_.data();
    for (const Place& place : places_) {
      each(std::string_view(at, place.name_size), std::string_view(at + place.name_size, place.value_size),
           place.form);
      at += place.name_size + place.value_size;
    }
  }

 private:
  struct Place {
    std::uint32_t name_size, value_size;
    FieldForm form;
  };
  std::uint64_t number_;
  std::string text_;
  std::vector<Place> places_;
};

}  // namespace meridian::http2

// Short blobs in memory, up to so many bytes: those that nobody has asked for longest go first. Not
// thread-safe. Every small GET asks here, and what it waits for is memory that no cache of the processor has:
// so a place holds the hash beside where the blob is, and one that is found is only marked, not moved in a
// list.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace meridian::store::objects {

class ShortBlobs {
 public:
  using Text = std::shared_ptr<const std::string>;

  explicit ShortBlobs(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  Text find(std::string_view id);
  void keep(std::string_view id, Text text);
  void drop(std::string_view id);
  std::size_t bytes() const { return bytes_; }  // with what it takes to find them

 private:
  struct Entry {
    std::size_t hash = 0;
    bool used = false;  // since it was last looked at for room
    Text text;
    std::string id;
  };
  using Entries = std::list<Entry>;
  // Empty while its hash is 0. A blob lies at its hash's place or behind it, and no empty one is between.
  struct Place {
    std::size_t hash = 0;
    Entries::iterator entry{};
  };

  static std::size_t hash_of(std::string_view id);
  std::size_t step(std::size_t place) const { return (place + 1) & (places_.size() - 1); }
  std::size_t place_of(std::size_t hash, std::string_view id) const;  // or the empty one where it would be
  void grow();
  void erase(std::size_t place);
  void make_room();

  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  Entries entries_;            // the latest kept, or found used when there was no room, first
  std::vector<Place> places_;  // a power of two, at most half of them taken
};

}  // namespace meridian::store::objects

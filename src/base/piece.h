// A part of a body on its way: bytes of its own, or bytes that others hold too and that stay as they are.
// Rule: what is shared is never written to again, also not by its owner: a kernel may still be sending it
// after the last Piece has gone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace meridian {

struct SharedBytes {
  std::shared_ptr<const void> owner;
  std::string_view bytes;
  // The file that `bytes` are a mapping of and that `owner` keeps open: from either a kernel can send them
  // without a copy; -1: none.
  int file = -1;
  std::uint64_t offset = 0;
};

class Piece {
 public:
  Piece() = default;
  Piece(std::string bytes) : own_(std::move(bytes)) {}
  Piece(SharedBytes shared) : shared_(std::move(shared)) {}

  bool is_shared() const { return shared_.owner != nullptr; }
  std::string_view view() const { return is_shared() ? shared_.bytes : std::string_view(own_); }
  std::size_t size() const { return view().size(); }
  bool empty() const { return view().empty(); }

  std::string take_text() && { return is_shared() ? std::string(shared_.bytes) : std::move(own_); }
  const SharedBytes& shared() const { return shared_; }

 private:
  std::string own_;
  SharedBytes shared_;  // in place of own_ when it has an owner
};

}  // namespace meridian

// The Huffman code of HPACK (RFC 7541 §5.2, appendix B). It is canonical: the lengths of its codes tell the
// codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace meridian::http2 {

std::size_t huffman_size(std::string_view text);  // in bytes, with its padding
void append_huffman(std::string& out, std::string_view text);
// Appends to `out`, which grows by at most 8/5 of the bytes. False: no such code, or wrong padding.
bool append_huffman_decoded(std::string& out, std::string_view coded);

}  // namespace meridian::http2

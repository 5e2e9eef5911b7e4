#include "apps/input.h"

#include <fstream>
#include <iostream>
#include <iterator>

namespace meridian::apps {

Result<std::string> read_input(const std::string& path) {
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  try {
    std::istreambuf_iterator<char> begin(path == "-" ? std::cin : file), end;
    if (file) return std::string(begin, end);
  } catch (const std::exception&) {
    // libstdc++ throws out of the buffer when the read fails.
  }
  return fail(ErrorCode::NotFound, "cannot read " + path, ErrorSource::Caller);
}

}  // namespace meridian::apps

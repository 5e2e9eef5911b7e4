#include "apps/input.h"

#include <filesystem>
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

Result<void> check_is_private(const std::string& path) {
  std::error_code error;
  const auto permissions = std::filesystem::status(path, error).permissions();
  if (error) return fail(ErrorCode::NotFound, "cannot read " + path, ErrorSource::Caller);
  using std::filesystem::perms;
  if ((permissions & (perms::group_all | perms::others_all)) == perms::none) return {};
  return invalid(path + " holds secrets, and others than its owner can read or write it: chmod 600");
}

}  // namespace meridian::apps

#include "base/result.h"

namespace meridian {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::Invalid: return "invalid";
    case ErrorCode::NotFound: return "not found";
    case ErrorCode::Exists: return "exists";
    case ErrorCode::Conflict: return "conflict";
    case ErrorCode::Limit: return "limit";
    case ErrorCode::Unavailable: return "unavailable";
    case ErrorCode::Corrupt: return "corrupt";
    case ErrorCode::Compacted: return "compacted";
    case ErrorCode::Internal: return "internal";
  }
  return "unknown";
}

}  // namespace meridian

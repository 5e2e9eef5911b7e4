// Compiled for processors with AVX-512VL; md5.cc asks whether this one has it.
#include "services/s3/md5_lanes.h"

namespace meridian::services::s3 {

void md5_avx512(std::uint32_t (*state)[kMd5Lanes], const unsigned char* const* from, std::size_t blocks) {
  hash_blocks<EightLanes>(state, from, blocks);
}

}  // namespace meridian::services::s3

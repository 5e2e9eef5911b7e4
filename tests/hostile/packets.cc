#include "packets.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/bytes.h"

namespace meridian::hostile {
namespace {

constexpr std::size_t kHeader = 12;

std::uint16_t random_u16(Random& random) {
  return static_cast<std::uint16_t>(random.next());
}

std::string random_bytes(Random& random, std::size_t size) {
  std::string bytes(size, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

std::string header(Random& random, std::uint16_t flags, std::uint16_t questions, std::uint16_t additional) {
  std::string out;
  append_u16(out, random_u16(random));
  append_u16(out, flags);
  append_u16(out, questions);
  append_u16(out, 0);
  append_u16(out, 0);
  append_u16(out, additional);
  return out;
}

std::string existing_name(const Target& target, Random& random) {
  return "h" + std::to_string(random.below(target.names));
}

std::string random_name(Random& random) {
  return random.text(1 + random.below(20), "abcdefghijklmnopqrstuvwxyz0123456789-");
}

std::string good_query(const Target& target, Random& random) {
  return query_for(random_u16(random), existing_name(target, random), target.zone, 1);
}

std::string malformed(const Target& target, Random& random) {
  std::string query = good_query(target, random);
  for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
    const std::size_t at = random.below(query.size());
    switch (random.below(5)) {
      case 0:
        query[at] = static_cast<char>(random.next());
        break;
      case 1:
        query.resize(std::max<std::size_t>(1, at));
        break;
      case 2:
        query += random_bytes(random, random.below(100));
        break;
      case 3:
        query.insert(at, random_bytes(random, 1 + random.below(8)));
        break;
      case 4:
        query[std::min(query.size() - 1, 4 + random.below(8))] = static_cast<char>(random.next());
        break;
    }
  }
  return query;
}

std::string compression_loop(const Target& target, Random& random) {
  std::string query = header(random, 0, 1, 0);
  const auto pointer = [&](std::size_t to) {
    append_u16(query, static_cast<std::uint16_t>(0xc000 | (to & 0x3fff)));
  };
  switch (random.below(6)) {
    case 0:
      pointer(kHeader);
      break;  // at itself
    case 1:
      pointer(kHeader + 2), pointer(kHeader);
      break;  // a circle of two
    case 2:
      query += "\x03www", pointer(kHeader);
      break;  // grows for ever
    case 3:
      pointer(random.next());
      break;  // anywhere
    case 4:   // a long chain backwards
      for (std::size_t i = 0; i < 200; ++i) pointer(kHeader + 2 * (i + 1));
      break;
    case 5:  // more than 255 bytes, or bad label types
      for (int i = 0; i < 10; ++i)
        query += static_cast<char>(random.below(2) ? 63 : 0x80), query += random_bytes(random, 63);
      break;
  }
  append_u16(query, 1);
  append_u16(query, 1);
  if (random.below(2)) query += target.zone;
  return query;
}

std::string edns(const Target& target, Random& random) {
  std::string query = good_query(target, random);
  const std::uint64_t opts = 1 + random.below(8) / 7;
  query[11] = static_cast<char>(opts);
  for (std::uint64_t i = 0; i < opts; ++i) {
    std::string options;
    for (std::uint64_t left = random.below(random.below(10) == 0 ? 60 : 5); left > 0; --left) {
      static constexpr std::array<std::uint16_t, 8> kCodes{3, 8, 9, 10, 11, 12, 14, 15};
      append_u16(options, random.below(4) ? kCodes[random.below(kCodes.size())] : random_u16(random));
      const std::size_t size = random.below(48);
      append_u16(options, static_cast<std::uint16_t>(random.below(8) ? size : random.next()));
      options += random_bytes(random, size);
    }
    query.push_back('\0');
    append_u16(query, 41);
    append_u16(query, random_u16(random));
    append_u32(query, random.below(2) ? 0 : static_cast<std::uint32_t>(random.next()));
    append_u16(query, static_cast<std::uint16_t>(random.below(8) ? options.size() : random.next()));
    query += options;
  }
  return query;
}

std::string types_and_opcodes(const Target& target, Random& random) {
  const std::string label = random.below(2) ? existing_name(target, random) : "big";
  const auto type = static_cast<std::uint16_t>(random.below(2) ? random.below(300) : random.next());
  std::string query = query_for(random_u16(random), label, target.zone, type);
  query[2] = static_cast<char>(random.next() & 0x7f);
  query[3] = static_cast<char>(random.next());
  if (random.below(2)) query[query.size() - 1] = static_cast<char>(random.next());
  return query;
}

std::string make(Kind kind, const Target& target, Random& random) {
  switch (kind) {
    case Kind::RandomBytes:
      return random_bytes(random, random.below(600));
    case Kind::Malformed:
      return malformed(target, random);
    case Kind::CompressionLoops:
      return compression_loop(target, random);
    case Kind::Edns:
      return edns(target, random);
    case Kind::TypesAndOpcodes:
      return types_and_opcodes(target, random);
    case Kind::Flood:
      return good_query(target, random);
    case Kind::RandomNames:
      return query_for(random_u16(random), random_name(random), target.zone, 1);
    case Kind::Responses: {
      std::string response = good_query(target, random);
      response[2] = static_cast<char>(0x84);
      return response;
    }
    case Kind::Oversized:
      return good_query(target, random) + random_bytes(random, 4100 + random.below(4000));
  }
  return "";
}

}  // namespace

std::string query_for(std::uint16_t id, std::string_view label, std::string_view zone_wire,
                      std::uint16_t type) {
  std::string out;
  append_u16(out, id);
  for (const std::uint16_t word : {0, 1, 0, 0, 0}) append_u16(out, word);
  out.push_back(static_cast<char>(label.size()));
  out += label;
  out += zone_wire;
  append_u16(out, type);
  append_u16(out, 1);
  return out;
}

std::size_t make_packet(Kind kind, const Target& target, Random& random,
                        std::span<std::uint8_t, kPacketBytesMax> out) {
  const std::string packet = make(kind, target, random);
  std::memcpy(out.data(), packet.data(), std::min(packet.size(), out.size()));
  return std::min(packet.size(), out.size());
}

}  // namespace meridian::hostile

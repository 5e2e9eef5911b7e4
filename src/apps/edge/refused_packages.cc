#include "apps/edge/refused_packages.h"

#include <fmt/format.h>

#include "base/disk.h"
#include "base/log.h"

namespace meridian::apps {

void RefusedPackages::keep(std::uint64_t from, std::uint64_t to, std::string_view bytes,
                           std::string_view why) {
  const std::string name = fmt::format("{}-{}-{}", format_iso8601_millis(world_.clock.now()), from, to);
  const auto keep = [&]() -> Result<void> {
    TRY(world_.disk.make_directories(directory_));
    auto kept = TRY(world_.disk.list(directory_));  // names begin with the time: the oldest are first
    for (std::size_t i = 0; i + 2 * (kRefusedKeptMax - 1) < kept.size(); ++i)
      TRY(world_.disk.remove(directory_ + "/" + kept[i]));
    TRY(world_.disk.replace(directory_ + "/" + name + ".delta.zst", as_bytes(bytes)));
    return world_.disk.replace(directory_ + "/" + name + ".reason", as_bytes(std::string(why) + "\n"));
  };
  if (auto kept = keep(); !kept)
    world_.logger.error("feed", "what was refused cannot be kept", {{"why", kept.error().message}});
}

}  // namespace meridian::apps

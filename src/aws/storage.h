// The Storage of one C++ type, for generated tables only.
#pragma once

#include "aws/shape.h"

namespace meridian::aws::storage {

// The parts of a Storage, added as a type needs them: each costs compile time.
template <typename T>
constexpr Storage whole(Storage storage) {
  storage.create = []() -> void* { return new T(); };
  storage.destroy = [](void* value) { delete static_cast<T*>(value); };
  return storage;
}

template <typename T>
constexpr Storage optional(Storage storage) {
  storage.emplace = [](void* place) -> void* { return &static_cast<std::optional<T>*>(place)->emplace(); };
  storage.get = [](const void* place) -> const void* {
    const auto& value = *static_cast<const std::optional<T>*>(place);
    return value ? &*value : nullptr;
  };
  return storage;
}

template <typename T>
constexpr Storage boxed(Storage storage) {
  storage.emplace_boxed = [](void* place) -> void* { return &static_cast<Boxed<T>*>(place)->emplace(); };
  storage.get_boxed = [](const void* place) -> const void* {
    const auto& value = *static_cast<const Boxed<T>*>(place);
    return value ? &*value : nullptr;
  };
  return storage;
}

template <typename T>
constexpr Storage list(Storage storage) {
  storage.count = [](const void* list) { return static_cast<const std::vector<T>*>(list)->size(); };
  storage.at = [](const void* list, std::size_t index) -> const void* {
    return &(*static_cast<const std::vector<T>*>(list))[index];
  };
  storage.append = [](void* list) -> void* { return &static_cast<std::vector<T>*>(list)->emplace_back(); };
  return storage;
}

template <typename T>
constexpr Storage map(Storage storage) {
  using Map = std::map<std::string, T>;
  storage.count = [](const void* map) { return static_cast<const Map*>(map)->size(); };
  storage.insert = [](void* map, std::string key) -> void* {
    auto [place, fresh] = static_cast<Map*>(map)->try_emplace(std::move(key));
    return fresh ? &place->second : nullptr;
  };
  storage.visit = [](const void* map, void* context, MapVisitor visitor) {
    for (const auto& [key, value] : *static_cast<const Map*>(map)) visitor(context, key, &value);
  };
  return storage;
}

}  // namespace meridian::aws::storage

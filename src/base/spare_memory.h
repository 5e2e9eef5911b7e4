// What a large piece of work leaves behind: memory that is free but still the process's own.
#pragma once

namespace meridian {

// Gives free memory back to the system; walks all of it, milliseconds.
void give_back_memory();

// Does so at its end. The first object of a function whose others take many times the memory of its outcome,
// such as reading or writing a whole image.
struct GivesBackMemory {
  GivesBackMemory() = default;
  ~GivesBackMemory() { give_back_memory(); }
  GivesBackMemory(const GivesBackMemory&) = delete;
  GivesBackMemory& operator=(const GivesBackMemory&) = delete;
};

}  // namespace meridian

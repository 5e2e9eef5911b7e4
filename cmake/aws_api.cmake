# generate_aws_api(service): models/<service>.json → gen/<service>/{types,errors,api}.h and the library gen_<service>.
# Rule: generated code exists only in the build tree, and is made anew only when the model or the generator changes.
# A throwaway model of a test stands elsewhere: generate_aws_api(toy MODEL path/toy.json).
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(generate_aws_api service)
  cmake_parse_arguments(arg "" "MODEL" "" ${ARGN})
  if(NOT arg_MODEL)
    set(arg_MODEL "${CMAKE_SOURCE_DIR}/models/${service}.json")
  endif()
  string(REPLACE "-" "_" target ${service})
  set(folder "${CMAKE_BINARY_DIR}/gen/${service}")
  set(outputs)
  foreach(name types.h errors.h api.h api.cc tables.cc)
    list(APPEND outputs "${folder}/${name}")
  endforeach()
  set(generator "${CMAKE_SOURCE_DIR}/codegen/generate.py")
  add_custom_command(OUTPUT ${outputs}
    COMMAND ${Python3_EXECUTABLE} "${generator}" "${arg_MODEL}" "${folder}"
    DEPENDS "${generator}" "${arg_MODEL}"
    COMMENT "Generating ${service} from its model" VERBATIM)
  add_custom_target(gen_${target}_headers DEPENDS ${outputs})
  meridian_library(gen_${target} SOURCES "${folder}/api.cc" "${folder}/tables.cc" USES meridian_aws)
  add_dependencies(gen_${target} gen_${target}_headers)
endfunction()

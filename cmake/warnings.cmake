# Our warnings, as a target: link `project_warnings` PRIVATE.
add_library(project_warnings INTERFACE)
# g++ 12 takes the storage of a std::variant for uninitialised, at -O3 and under the sanitizers.
target_compile_options(project_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
if(DROVER_WERROR)
  target_compile_options(project_warnings INTERFACE -Werror)
endif()
if(DROVER_SANITIZE)
  add_compile_options(-fsanitize=${DROVER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${DROVER_SANITIZE})
endif()

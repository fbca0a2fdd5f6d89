# Compiles through ccache where it is installed. Paths below the source tree are hashed relative, so
# that clones and build folders share results.
find_program(DROVER_CCACHE ccache)
if(DROVER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${DROVER_CCACHE})
endif()

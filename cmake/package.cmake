# The Debian package: cpack -G DEB in the build folder.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mcastd)
set(CPACK_PACKAGE_CONTACT "The mcastd developers <mcastd@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "multicast status daemon")
set(CPACK_PACKAGE_DESCRIPTION
    "mcastd tells every machine of a network segment what state this one is in,\ncounts who heard it, and records what the others say. It needs no broker and\nno central server: it speaks UDP multicast.")
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                                WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# sysusers and the helpers of the maintainer scripts
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd (>= 252), init-system-helpers (>= 1.54)")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
foreach(script postinst postrm)
        configure_file(cmake/debian/${script}.in debian/${script} @ONLY)
endforeach()
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${PROJECT_SOURCE_DIR}/cmake/debian/conffiles;${PROJECT_BINARY_DIR}/debian/postinst"
    "${PROJECT_SOURCE_DIR}/cmake/debian/prerm;${PROJECT_BINARY_DIR}/debian/postrm")

configure_file(cmake/debian/changelog.in changelog)
find_program(GZIP gzip REQUIRED)
add_custom_command(OUTPUT changelog.gz COMMAND ${GZIP} -9nkf changelog DEPENDS ${PROJECT_BINARY_DIR}/changelog VERBATIM)
add_custom_target(changelog_gz ALL DEPENDS changelog.gz)
install(FILES ${PROJECT_BINARY_DIR}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})

include(CPack)

# Writes OUTPUT, a C file with the page's files of the folder SOURCE as arrays: see include/view/page.h.
function(embed name file path type)
        file(READ ${SOURCE}/${file} hex HEX)
        string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
        string(REGEX REPLACE "(................................................................................)"
               "\\1\n" bytes "${bytes}")
        string(APPEND arrays "static const unsigned char ${name}[] = {\n${bytes}\n};\n\n")
        string(APPEND rows "        { \"${path}\", \"${type}\", sizeof ${name}, ${name} },\n")
        set(arrays "${arrays}" PARENT_SCOPE)
        set(rows "${rows}" PARENT_SCOPE)
endfunction()

embed(html index.html / "text/html; charset=utf-8")
embed(js page.js /page.js "text/javascript; charset=utf-8")
embed(css page.css /page.css "text/css; charset=utf-8")
embed(svg icon.svg /icon.svg "image/svg+xml")
file(WRITE ${OUTPUT} "/* Made by src/page/embed.cmake. */
#include \"view/page.h\"

${arrays}const struct page_file page_files[PAGE_FILES] = {
${rows}};
")

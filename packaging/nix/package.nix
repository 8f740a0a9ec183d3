# SPDX-License-Identifier: GPL-2.0-only
# Nix: the tool with its library, pages and the Python binding. Use: pkgs.callPackage ./package.nix { }
{
  lib,
  stdenv,
  meson,
  ninja,
  pkg-config,
  python3,
  scdoc,
  json_c,
  libarchive,
  libtraceevent,
  libtracefs,
  libunistring,
  pciutils,
  udev,
  util-linux,
}:

stdenv.mkDerivation {
  pname = "pcireset";
  version = "0.1.0";

  src = lib.cleanSource ../..;

  nativeBuildInputs = [
    meson
    ninja
    pkg-config
    python3
    scdoc
  ];

  buildInputs = [
    json_c
    libarchive
    libtraceevent
    libtracefs
    libunistring
    pciutils
    udev
    util-linux
  ];

  # The tests need root and QEMU; the lab runs them.
  mesonFlags = [
    "-Dtests=false"
    "-Dman=enabled"
    "-Dpython=enabled"
  ];

  postInstall = ''
    install -D -m 0644 -t $out/lib/udev/rules.d ../packaging/udev/60-pcireset.rules
  '';

  # Loaded when a command needs them: the linker does not see that.
  postFixup = ''
    patchelf --add-rpath ${
      lib.makeLibraryPath [
        libtraceevent
        libtracefs
        libunistring
        pciutils
        udev
        util-linux
      ]
    } $out/bin/pcireset
    patchelf --add-rpath ${lib.makeLibraryPath [ libarchive ]} $out/lib/libpcireset.so.1
  '';

  meta = {
    description = "Reset PCI devices with exactly the allowed reset types";
    homepage = "https://r-seed-ba3bb43e.example/pcireset";
    license = [
      lib.licenses.gpl2Only
      lib.licenses.lgpl21Plus
    ];
    platforms = lib.platforms.linux;
    mainProgram = "pcireset";
  };
}

# SPDX-License-Identifier: GPL-2.0-only
# Nix: the kernel module, for boot.extraModulePackages.
# Use: config.boot.kernelPackages.callPackage ./module.nix { }
{
  lib,
  stdenv,
  kernel,
}:

stdenv.mkDerivation {
  pname = "pcireset-module";
  version = "0.1.0-${kernel.version}";

  src = lib.cleanSource ../../kmod;

  nativeBuildInputs = kernel.moduleBuildDependencies;
  hardeningDisable = [ "pic" ];

  makeFlags = kernel.makeFlags ++ [
    "KDIR=${kernel.dev}/lib/modules/${kernel.modDirVersion}/build"
  ];

  installPhase = ''
    runHook preInstall
    install -D -m 0644 -t $out/lib/modules/${kernel.modDirVersion}/extra pcireset.ko
    runHook postInstall
  '';

  meta = {
    description = "Kernel module to reset PCI devices with exactly the allowed types";
    homepage = "https://r-seed-ba3bb43e.example/pcireset";
    license = lib.licenses.gpl2Only;
    platforms = lib.platforms.linux;
  };
}

// Shows the component of the guide, and the statuses that it passes on.
import { StrictMode, useCallback, useState } from "react";
import { createRoot } from "react-dom/client";
import type { StatusDetail } from "./embed-v1";
import { IdentityCheck } from "./IdentityCheck";

function Account() {
  const [statuses, setStatuses] = useState<string[]>([]);
  const add = useCallback((detail: StatusDetail) => setStatuses((before) => [...before, detail.status]), []);
  return (
    <>
      <h1>My account</h1>
      <IdentityCheck onStatus={add} />
      <p id="statuses">{statuses.join(",")}</p>
    </>
  );
}

createRoot(document.getElementById("app")!).render(
  <StrictMode>
    <Account />
  </StrictMode>,
);

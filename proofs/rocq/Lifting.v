(** Kernel vectors of full weight matrices: steps 1 to 3 of docs/explanation/lifting.md. *)

From Coq Require Import List ZArith Znumtheory Lia Ring Setoid Morphisms Bool.
From ExactCNN Require Import Hensel.
From ExactCNN Require Kernels.
Import ListNotations.
Local Open Scope nat_scope.

(** z^x: the variables from i on are z. *)
Fixpoint monomial (i : nat) (x : list nat) : polynomial :=
  match x with [] => Integer 1 | a :: x' => Times (power (Unknown i) a) (monomial (S i) x') end.

(** Coordinate by coordinate. *)
Fixpoint coordinates (op : nat -> nat -> nat) (x y : list nat) : list nat :=
  match x, y with a :: x', b :: y' => op a b :: coordinates op x' y' | _, _ => [] end.

Record slot := Slot { number : nat; row : nat; offset : list nat }.

Section Layer.
  Variables (d T : nat) (slots : list slot) (patches : list (list nat)).

  (** The neuron, or padding, for the key of a row and a position. *)
  Variable read : nat -> list nat -> option nat.

  (** The weights, by slot and filter. *)
  Variable W : nat -> nat -> Z.

  Definition key (p : list nat) (s : slot) : nat * list nat := (row s, coordinates Nat.add p (offset s)).

  Definition reads (n : nat) (p : list nat) (s : slot) : bool :=
    match read (row s) (coordinates Nat.add p (offset s)) with Some n' => n =? n' | None => false end.

  (** Row n of U_l, at the column of patch p and filter t. *)
  Definition entry (n : nat) (p : list nat) (t : nat) : Z :=
    fold_right (fun s e => ((if reads n p s then W (number s) t else 0) + e)%Z) 0%Z slots.

  (** A key whose entry is a neuron occurs for every slot of its row. *)
  Definition complete : Prop := forall n p s s', In p patches -> In s slots -> In s' slots -> reads n p s = true ->
    row s' = row s -> exists p', In p' patches /\ coordinates Nat.add p' (offset s') = coordinates Nat.add p (offset s).

  (** The largest offset of a row. *)
  Definition largest (r : nat) : list nat :=
    fold_right (fun s => coordinates Nat.max (if row s =? r then offset s else repeat O d)) (repeat O d) slots.

  (** f_r; the variables are z_1, ..., z_d, v_0, ..., v_(T-1). *)
  Definition filters (s : slot) : polynomial := total (map (fun t => Times (Integer (W (number s) t)) (Unknown (d + t))) (seq 0 T)).

  Definition equation (r : nat) : polynomial :=
    total (map (fun s => Times (monomial 0 (coordinates Nat.sub (largest r) (offset s))) (filters s))
      (filter (fun s => row s =? r) slots)).

  (** h_(p,t) = z^p v_t *)
  Definition vector (p : list nat) (t : nat) : polynomial := Times (monomial 0 p) (Unknown (d + t)).

  Definition is_read (r : nat) : Prop := exists n p s, In p patches /\ In s slots /\ reads n p s = true /\ row s = r.
End Layer.

Section Positions.
  Lemma coordinates_length op x y : length x = length y -> length (coordinates op x y) = length x.
  Proof. revert y. induction x as [| a x IH]; intros [| b y] L; try discriminate L; [reflexivity |]. cbn. f_equal. apply IH. auto. Qed.

  Lemma sum_above x y : length x = length y -> Forall2 le y (coordinates Nat.add x y).
  Proof. revert y. induction x as [| a x IH]; intros [| b y] L; try discriminate L; constructor; [lia | apply IH; auto]. Qed.

  Lemma sum_injective x x' y : length x = length y -> length x' = length y ->
    coordinates Nat.add x y = coordinates Nat.add x' y -> x = x'.
  Proof.
    revert x x'. induction y as [| b y IH]; intros [| a x] [| a' x'] L L' E; try discriminate; [reflexivity |].
    injection E as E E'. f_equal; [lia | apply IH; auto].
  Qed.

  Lemma maximum_above x y : length x = length y -> Forall2 le x (coordinates Nat.max x y) /\ Forall2 le y (coordinates Nat.max x y).
  Proof.
    revert y. induction x as [| a x IH]; intros [| b y] L; try discriminate L; [split; constructor |].
    destruct (IH y) as [X Y]; [auto |]. split; constructor; auto; lia.
  Qed.

  Lemma maximum_below x y z : Forall2 le x z -> Forall2 le y z -> Forall2 le (coordinates Nat.max x y) z.
  Proof.
    intro X. revert y. induction X as [| a c x z A X IH]; intros y Y; inversion_clear Y; constructor; [lia | auto].
  Qed.

  Lemma zeros_below x : Forall2 le (repeat O (length x)) x.
  Proof. induction x; constructor; [lia | assumption]. Qed.

  Lemma between x m y p : Forall2 le y m -> Forall2 le m x -> length p = length y -> coordinates Nat.add p y = x ->
    coordinates Nat.add (coordinates Nat.sub x m) (coordinates Nat.sub m y) = p.
  Proof.
    intro Y. revert x p. induction Y as [| b c y m H Y IH]; intros x [| a p] M L E; try discriminate L; [inversion M; reflexivity |].
    cbn in E. subst x. inversion_clear M. cbn. f_equal; [lia | apply IH; auto].
  Qed.

  Lemma below_trans x y z : Forall2 le x y -> Forall2 le y z -> Forall2 le x z.
  Proof. intro X. revert z. induction X; intros z Y; inversion_clear Y; constructor; [lia | auto]. Qed.

  Lemma largest_length d l r : (forall s, In s l -> length (offset s) = d) -> length (largest d l r) = d.
  Proof.
    intro H. induction l as [| s l IH]; cbn; [apply repeat_length |]. fold (largest d l r).
    assert (L : length (if row s =? r then offset s else repeat O d) = d).
    { destruct (row s =? r); [apply H; left; reflexivity | apply repeat_length]. }
    rewrite coordinates_length; [exact L |]. rewrite L. symmetry. apply IH. intros s' I. apply H. right. exact I.
  Qed.

  Lemma largest_above d l s : (forall s, In s l -> length (offset s) = d) -> In s l -> Forall2 le (offset s) (largest d l (row s)).
  Proof.
    intros H I. induction l as [| s' l IH]; [destruct I |]. cbn. fold (largest d l (row s)).
    assert (H' : forall s, In s l -> length (offset s) = d) by (intros s'' J; apply H; right; exact J).
    assert (L : length (if row s' =? row s then offset s' else repeat O d) = length (largest d l (row s))).
    { rewrite largest_length by exact H'. destruct (row s' =? row s); [apply H; left; reflexivity | apply repeat_length]. }
    destruct (maximum_above _ _ L) as [X Y]. destruct I as [-> | I].
    - rewrite Nat.eqb_refl in X |- *. exact X.
    - apply (below_trans _ _ _ (IH H' I) Y).
  Qed.

  Lemma largest_below d l r x : length x = d -> (forall s, In s l -> row s = r -> Forall2 le (offset s) x) ->
    Forall2 le (largest d l r) x.
  Proof.
    intros <- H. induction l as [| s l IH]; cbn; [apply zeros_below |]. apply maximum_below.
    - destruct (Nat.eqb_spec (row s) r); [apply H; [left; reflexivity | assumption] | apply zeros_below].
    - apply IH. intros s' I. apply H. right. exact I.
  Qed.
End Positions.

Section CommutativeRing.
  Variable B : ring.
  Variable eqv : B -> B -> Prop.
  Hypothesis B_ring : is_ring B eqv.
  Local Infix "==" := eqv (at level 70).
  Local Infix "+" := add.
  Local Infix "*" := mul.
  Local Instance equality_instance : Equivalence eqv := equality B eqv B_ring.
  Local Instance add_instance : Proper (eqv ==> eqv ==> eqv) (@add B) := Radd_ext (extensional B eqv B_ring).
  Local Instance mul_instance : Proper (eqv ==> eqv ==> eqv) (@mul B) := Rmul_ext (extensional B eqv B_ring).
  Local Instance opp_instance : Proper (eqv ==> eqv) (@opp B) := Ropp_ext (extensional B eqv B_ring).
  Add Ring B_ring_laws : (laws B eqv B_ring) (setoid equality_instance (extensional B eqv B_ring)).
  Let integers := integer_morphism B eqv B_ring.
  Let sum_equal {A} := @sum_equal B eqv B_ring A.
  Let sum_zero {A} := @sum_zero B eqv B_ring A.
  Let sum_single {A} := @sum_single B eqv B_ring A.
  Let sum_scale {A} := @sum_scale B eqv B_ring A.
  Let sum_swap {A A'} := @sum_swap B eqv B_ring A A'.
  Let sum_filter {A} := @sum_filter B eqv B_ring A.
  Let value_total {A} := @value_total B eqv B_ring A.
  Let value_power := value_power B eqv B_ring.

  Lemma value_monomial y i x x' : length x = length x' ->
    value y (monomial i (coordinates Nat.add x x')) == value y (monomial i x) * value y (monomial i x').
  Proof.
    revert i x'. induction x as [| a x IH]; intros i [| b x'] L; try discriminate L; cbn.
    - rewrite (morph1 integers). ring.
    - rewrite value_power, IH by auto. ring.
  Qed.

  Variables (d T : nat) (slots : list slot) (patches : list (list nat)) (read : nat -> list nat -> option nat).
  Variable W : nat -> nat -> Z.
  Hypothesis patches_differ : NoDup patches.
  Hypothesis patch_dimension : forall p, In p patches -> length p = d.
  Hypothesis offset_dimension : forall s, In s slots -> length (offset s) = d.
  Hypothesis all_keys : complete slots patches read.

  Section Point.
  Variable y : nat -> B.

  Lemma row_sum n p : sum (fun t => integer (entry slots read W n p t) * value y (vector d p t)) (seq 0 T) ==
    sum (fun s => when (reads read n p s) (value y (monomial 0 p) * value y (filters d T W s))) slots.
  Proof.
    transitivity (sum (fun t => sum (fun s =>
      when (reads read n p s) (value y (monomial 0 p) * (integer (W (number s) t) * y (d + t)%nat))) slots) (seq 0 T)).
    - apply sum_equal. intros t _. unfold vector, entry, sum. cbn [value]. clear all_keys offset_dimension.
      induction slots as [| s l IH]; cbn [fold_right].
      + rewrite (morph0 integers). ring.
      + rewrite <- IH, (morph_add integers). destruct (reads read n p s); cbn; [| rewrite (morph0 integers)]; ring.
    - rewrite sum_swap. apply sum_equal. intros s _. unfold filters. destruct (reads read n p s); cbn [when].
      + rewrite sum_scale, value_total. reflexivity.
      + apply sum_zero. reflexivity.
  Qed.

  Lemma key_decidable (k k' : nat * list nat) : {k = k'} + {k <> k'}.
  Proof. repeat decide equality. Defined.

  Definition at_key (k : nat * list nat) (p : list nat) (s : slot) : bool := if key_decidable (key p s) k then true else false.

  (** What a key contributes: z^(x - M_r) f_r. *)
  Lemma key_sum p s : In p patches -> In s slots -> forall n, reads read n p s = true ->
    let x := coordinates Nat.add p (offset s) in
    sum (fun s' => sum (fun p' =>
      when (at_key (key p s) p' s') (value y (monomial 0 p') * value y (filters d T W s'))) patches) slots ==
    value y (monomial 0 (coordinates Nat.sub x (largest d slots (row s)))) * value y (equation d T slots W (row s)).
  Proof.
    intros P S n R x. unfold equation. rewrite value_total, sum_filter, <- sum_scale. apply sum_equal. intros s' S'.
    assert (L : length x = d). { unfold x. rewrite coordinates_length, patch_dimension; auto. rewrite offset_dimension; auto. }
    assert (M : Forall2 le (largest d slots (row s)) x).
    { apply largest_below; [exact L |]. intros s'' J E. destruct (all_keys n p s s'') as (p'' & P'' & X); auto.
      unfold x. rewrite <- X. apply sum_above. rewrite patch_dimension, offset_dimension; auto. }
    destruct (Nat.eqb_spec (row s') (row s)) as [E | E]; cbn [when].
    - destruct (all_keys n p s s') as (p' & P' & X); auto. rewrite (sum_single _ patches p'); auto.
      + unfold at_key, key. rewrite E, X. destruct (key_decidable _ _) as [_ | N]; [| contradiction]. cbn [when].
        rewrite <- (between x (largest d slots (row s)) (offset s') p') at 1; auto.
        * rewrite value_monomial; [cbn [value]; ring |].
          rewrite !coordinates_length; rewrite ?L, ?largest_length, ?offset_dimension; auto.
        * rewrite <- E. apply largest_above; auto.
        * rewrite patch_dimension, offset_dimension; auto.
      + intros q Q N. unfold at_key, key. destruct (key_decidable _ _) as [K | _]; [| reflexivity]. exfalso. apply N.
        injection K as _ K. rewrite <- X in K.
        apply (sum_injective _ _ (offset s')); auto; rewrite patch_dimension, offset_dimension; auto.
    - rewrite sum_zero; [ring |]. intros q _. unfold at_key, key. destruct (key_decidable _ _) as [K | _]; [| reflexivity].
      injection K as K _. contradiction.
  Qed.

  (** Row n of U h. *)
  Definition image (n : nat) : B :=
    sum (fun p => sum (fun t => integer (entry slots read W n p t) * value y (vector d p t)) (seq 0 T)) patches.

  Lemma sorted_by_keys n : exists keys, (forall k, In k keys -> is_read slots patches read (fst k)) /\
    image n == sum (fun k => value y (monomial 0 (coordinates Nat.sub (snd k) (largest d slots (fst k)))) *
      value y (equation d T slots W (fst k))) keys.
  Proof.
    set (g := fun p s => value y (monomial 0 p) * value y (filters d T W s)).
    set (h := fun k p s => when (at_key k p s) (when (reads read n p s) (g p s))).
    set (keys := nodup key_decidable (map (fun ps => key (fst ps) (snd ps))
      (filter (fun ps => reads read n (fst ps) (snd ps)) (list_prod patches slots)))).
    assert (F : forall k, In k keys -> exists p s, In p patches /\ In s slots /\ reads read n p s = true /\ key p s = k).
    { intros k I. apply nodup_In, in_map_iff in I. destruct I as ([p s] & <- & I). apply filter_In in I.
      destruct I as [I R]. apply in_prod_iff in I. exists p, s. tauto. }
    exists keys. split; [intros k I; destruct (F k I) as (p & s & P & S & R & <-); exists n, p, s; auto |].
    transitivity (sum (fun k => sum (fun s => sum (fun p => h k p s) patches) slots) keys).
    - transitivity (sum (fun p => sum (fun s => sum (fun k => h k p s) keys) slots) patches).
      + apply sum_equal. intros p P. rewrite row_sum. apply sum_equal. intros s S. unfold h.
        destruct (reads read n p s) eqn:R; cbn [when].
        * rewrite (sum_single _ keys (key p s)).
          -- unfold at_key. destruct (key_decidable _ _) as [_ | N]; [reflexivity | contradiction].
          -- apply NoDup_nodup.
          -- apply nodup_In, in_map_iff. exists (p, s). split; [reflexivity |].
             apply filter_In. split; [apply in_prod; assumption | exact R].
          -- intros k _ N. unfold at_key. destruct (key_decidable _ _); [congruence | reflexivity].
        * symmetry. apply sum_zero. intros k _. destruct (at_key k p s); reflexivity.
      + transitivity (sum (fun p => sum (fun k => sum (h k p) slots) keys) patches).
        { apply sum_equal. intros p _. apply sum_swap. }
        rewrite sum_swap. apply sum_equal. intros k _. apply (sum_swap (h k)).
    - apply sum_equal. intros k I. destruct (F k I) as (p & s & P & S & R & <-).
      transitivity (sum (fun s' => sum (fun p' => when (at_key (key p s) p' s') (g p' s')) patches) slots).
      + apply sum_equal. intros s' _. apply sum_equal. intros p' _. unfold h, at_key.
        destruct (key_decidable _ _) as [K | _]; [| reflexivity]. unfold reads, key in *.
        injection K as K K'. rewrite K, K'. destruct (read _ _); [| discriminate R]. rewrite R. reflexivity.
      + apply (key_sum p s P S n R).
  Qed.

  (** Step 1: a zero of all f_r gives a kernel vector. *)
  Theorem kernel_of_zero : (forall r, is_read slots patches read r -> value y (equation d T slots W r) == zero) ->
    forall n, image n == zero.
  Proof.
    intros Z n. destruct (sorted_by_keys n) as (keys & R & ->). apply sum_zero. intros k I. rewrite Z by (apply R, I). ring.
  Qed.

  (** The same modulo m. *)
  Lemma kernel_modulo m : (forall r, is_read slots patches read r -> modulo eqv m (value y (equation d T slots W r)) zero) ->
    forall n, modulo eqv m (image n) zero.
  Proof.
    intros Z n. destruct (sorted_by_keys n) as (keys & R & E).
    destruct (sum_modulo B eqv B_ring m (fun k => value y (monomial 0 (coordinates Nat.sub (snd k) (largest d slots (fst k)))) *
      value y (equation d T slots W (fst k))) (fun _ => zero) keys) as [c C].
    - intros k I. destruct (Z (fst k) (R k I)) as [c C].
      exists (value y (monomial 0 (coordinates Nat.sub (snd k) (largest d slots (fst k)))) * c). rewrite C. ring.
    - exists c. rewrite E, C, sum_zero by reflexivity. reflexivity.
  Qed.
  End Point.

  Variables (p : Z) (y : nat -> B).

  (** A zero modulo p, for all rows that are read, and a right inverse of the Jacobian there. *)
  Variables (read_rows : list nat) (R : nat -> nat -> B).
  Hypothesis rows_differ : NoDup read_rows.
  Hypothesis all_rows : forall r, is_read slots patches read r -> In r read_rows.
  Hypothesis zero_modulo : forall r, In r read_rows -> modulo eqv p (value y (equation d T slots W r)) zero.
  Hypothesis jacobian : forall r s, In r read_rows -> In s read_rows ->
    modulo eqv p (along y (R s) (equation d T slots W r)) (when (r =? s) one).

  Definition near (e : nat -> B) (i : nat) : B := y i + integer p * e i.

  (** Steps 1 to 3: kernel vectors modulo p^N that are the given one modulo p. *)
  Theorem lifted_kernel (N : nat) : exists e, forall n, modulo eqv (p ^ Z.of_nat (S N)) (image (near e) n) zero.
  Proof.
    destruct (hensel B eqv B_ring p read_rows (equation d T slots W) y R rows_differ zero_modulo jacobian N) as [e E].
    exists e. apply kernel_modulo. intros r I. apply E, all_rows, I.
  Qed.

  Definition columns : list (list nat * nat) := list_prod patches (seq 0 T).

  Definition weight_matrix (neurons : list nat) : list (list Z) :=
    map (fun n => map (fun pt => entry slots read W n (fst pt) (snd pt)) columns) neurons.

  (** k coordinates of elements of B: for Z[y]/G the coefficients of 1, ..., y^(k-1). *)
  Variables (k : nat) (coordinate : nat -> B -> Z).
  Hypothesis coordinate_proper : forall i x x', x == x' -> coordinate i x = coordinate i x'.
  Hypothesis coordinate_add : forall i x x', coordinate i (x + x') = (coordinate i x + coordinate i x')%Z.
  Hypothesis coordinate_integer : forall i a x, coordinate i (integer a * x) = (a * coordinate i x)%Z.

  Definition given (i j : nat) : Z := let pt := nth j columns ([], O) in coordinate i (value y (vector d (fst pt) (snd pt))).

  Lemma coordinate_zero i : coordinate i zero = 0%Z.
  Proof.
    rewrite (coordinate_proper i zero (integer 0 * zero)) by ring. apply coordinate_integer.
  Qed.

  Lemma coordinate_sum {A} (a0 : A) (g : A -> Z) (f : A -> B) i l :
    coordinate i (sum (fun a => integer (g a) * f a) l) =
    Kernels.total (fun j => (nth j (map g l) 0 * coordinate i (f (nth j l a0)))%Z) (seq 0 (length l)).
  Proof.
    induction l as [| a l IH]; [apply coordinate_zero |].
    change (coordinate i (integer (g a) * f a + sum (fun a => integer (g a) * f a) l) = (g a * coordinate i (f a) +
      Kernels.total (fun j => nth j (map g (a :: l)) 0 * coordinate i (f (nth j (a :: l) a0))) (seq 1 (length l)))%Z).
    rewrite coordinate_add, coordinate_integer, IH, (Kernels.total_shift _ 1). reflexivity.
  Qed.

  Lemma sum_product {A A'} (f : A -> A' -> B) l l' :
    sum (fun a => sum (f a) l') l == sum (fun ab => f (fst ab) (snd ab)) (list_prod l l').
  Proof.
    assert (S : forall (g : A * A' -> B) m m', sum g (m ++ m') == sum g m + sum g m').
    { intros g m m'. unfold sum. induction m as [| a m IH]; cbn; [| rewrite IH]; ring. }
    induction l as [| a l IH]; [reflexivity |]. cbn [list_prod]. rewrite S, <- IH.
    apply (add_instance _ _); [| reflexivity]. clear - B_ring. unfold sum.
    induction l' as [| b m IH]; cbn; [reflexivity | rewrite IH; reflexivity].
  Qed.

  Hypothesis independent : Kernels.independent_modulo p k (length columns) given.

  (** Their coordinates are kernel vectors over Z, modulo p^N, and independent modulo p. *)
  Lemma lifted_kernels (neurons : list nat) (N : nat) : exists H, Kernels.independent_modulo p k (length columns) H /\
    forall row i, In row (weight_matrix neurons) -> i < k ->
      (p ^ Z.of_nat N | Kernels.total (fun j => nth j row 0 * H i j)%Z (seq 0 (length columns))).
  Proof.
    destruct (lifted_kernel N) as [e E].
    set (f := fun pt : list nat * nat => value (near e) (vector d (fst pt) (snd pt))).
    exists (fun i j => coordinate i (f (nth j columns ([], O)))). split.
    + intros b H. apply independent. intros j J.
      set (difference := fun i => (b i * (coordinate i (f (nth j columns ([], O))) - given i j))%Z).
      apply (Z.divide_add_cancel_r p (Kernels.total difference (seq 0 k))).
      * apply Kernels.total_divided. intros i _. apply Z.divide_mul_r. unfold f, near, given.
        set (pt := nth j columns ([], O)). destruct (value_modulo B eqv B_ring p y e (vector d (fst pt) (snd pt))) as [c C].
        rewrite (coordinate_proper i _ _ C), coordinate_add, coordinate_integer. exists (coordinate i c). ring.
      * rewrite <- Kernels.total_add, (Kernels.total_equal _ (fun i => b i * coordinate i (f (nth j columns ([], O))))%Z);
          [apply H, J | intros; unfold difference; ring].
    + intros row i I _. apply in_map_iff in I. destruct I as (n & <- & _).
      rewrite <- (coordinate_sum ([], O) (fun pt => entry slots read W n (fst pt) (snd pt)) f).
      destruct (E n) as [c C]. exists (p * coordinate i c)%Z.
      rewrite (coordinate_proper i _ (zero + integer (p ^ Z.of_nat (S N)) * c)).
      * rewrite coordinate_add, coordinate_zero, coordinate_integer, Nat2Z.inj_succ, Z.pow_succ_r by lia. ring.
      * rewrite <- C. unfold image, f, columns. rewrite sum_product. reflexivity.
  Qed.
End CommutativeRing.
